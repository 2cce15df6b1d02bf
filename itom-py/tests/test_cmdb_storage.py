"""Files of the CMDB: one writer and many readers, damage found and saved."""

import datetime as dt

import pytest

import itom
from itom.cmdb import Cmdb


def at(second):
    return dt.datetime.fromtimestamp(second, dt.timezone.utc)


def put(db, n):
    db.apply([{"put_item": {"id": f"host-{n}", "class": "host"}}], at=at(n), known=at(n))


def test_one_writes_and_others_read(tmp_path):
    path = tmp_path / "shop.itom"
    with Cmdb.open(path, "operations") as db:
        put(db, 1)
        with Cmdb.open(path, read_only=True) as reader:
            assert "host-1" in reader.at()
            with pytest.raises(itom.Conflict, match="read only"):
                put(reader, 2)
            with pytest.raises(itom.Conflict, match="read only"):
                reader.compact()
        with pytest.raises(itom.Conflict, match="open already"):
            Cmdb.open(path)
    with pytest.raises(itom.InvalidArgument, match="model"):
        Cmdb.open(path, "operations", read_only=True)
    with pytest.raises(itom.ItomError, match="no such file|No such file"):
        Cmdb.open(tmp_path / "none.itom", read_only=True)


def test_transactions_are_synced_together(tmp_path):
    path = tmp_path / "shop.itom"
    db = Cmdb.open(path, commit_every=0)
    for n in range(10):
        put(db, n)
    db.sync()
    done = db.compact()
    assert (done.blocks_before, done.blocks_after) == (11, 2)
    assert done.bytes_after < done.bytes_before
    db.close()
    found = Cmdb.verify(path)
    assert (found.blocks, found.transactions, found.damage, found.torn_bytes) == (2, 10, [], 0)
    with pytest.raises(itom.InvalidArgument, match="commit_every"):
        Cmdb.open(path, commit_every=-1)
    with pytest.raises(itom.ItomError, match="memory"):
        Cmdb().compact()


def test_a_checkpoint_is_opened_and_the_log_goes_on_behind_it(tmp_path):
    path = tmp_path / "shop.itom"
    with Cmdb.open(path, "operations") as db:
        for n in range(10):
            put(db, n)
        assert db.checkpoint() > 100
        put(db, 10)
        before = db.to_bytes()
        with Cmdb.open(path, read_only=True) as reader, pytest.raises(itom.Conflict, match="read only"):
            reader.checkpoint()
    found = Cmdb.verify(path)
    assert (found.checkpoints, found.transactions, found.damage) == (1, 11, [])
    with Cmdb.open(path) as db:
        assert db.to_bytes() == before
        assert "host-3" in db.at()
    # Damaged it is told, and passed over: the log has all of it.
    data = bytearray(path.read_bytes())
    data[data.index(b"ITCP") + 60] ^= 1
    path.write_bytes(data)
    assert "checkpoint" in Cmdb.verify(path).damage[0].what
    with Cmdb.open(path) as db:
        assert db.to_bytes() == before
    with pytest.raises(itom.ItomError, match="memory"):
        Cmdb().checkpoint()


def test_damage_is_found_and_the_rest_saved(tmp_path):
    path, saved = tmp_path / "shop.itom", tmp_path / "saved.itom"
    with Cmdb.open(path) as db:
        for n in range(10):
            put(db, n)
    data = bytearray(path.read_bytes())
    data[data.index(b"host-4")] ^= 1
    path.write_bytes(data)
    with pytest.raises(itom.Corrupt, match="can be read"):
        Cmdb.open(path)
    found = Cmdb.verify(path)
    assert (found.blocks, found.lost_blocks) == (10, 1)
    assert found.damage[0].start < data.index(b"host-5")
    result = Cmdb.salvage(path, saved)
    assert (result.transactions, result.lost_blocks, result.lost_model) == (9, 1, False)
    with Cmdb.open(saved) as db:
        view = db.at()
        assert "host-3" in view and "host-4" not in view and len(view) == 9
    with pytest.raises(itom.Conflict, match="already"):
        Cmdb.salvage(path, saved)
    notes = tmp_path / "notes.txt"
    notes.write_text("no database\n" * 1000)
    with pytest.raises(itom.Corrupt):
        Cmdb.verify(notes)
    with pytest.raises(itom.WrongType):
        Cmdb.verify(7)
