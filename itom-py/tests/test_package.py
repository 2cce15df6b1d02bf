"""The package as a whole: docstrings run, errors are what they say."""

import doctest
import importlib
import pickle
import pkgutil

import pytest

import itom


def modules():
    yield itom
    for found in pkgutil.iter_modules(itom.__path__, "itom."):
        yield importlib.import_module(found.name)


def docstrings():
    """Every object with examples, those that are compiled included."""
    seen = set()
    for module in modules():
        owners = [module, *(v for v in vars(module).values() if getattr(v, "__module__", "").startswith("itom"))]
        for owner in owners:
            members = [owner, *(vars(owner).values() if isinstance(owner, type) else ())]
            for member in members:
                text = getattr(member, "__doc__", None)
                if not isinstance(text, str) or ">>>" not in text or text in seen:
                    continue
                seen.add(text)
                name = f"{getattr(owner, '__name__', owner)}.{getattr(member, '__name__', '')}"
                yield pytest.param(text, vars(module), id=name)


@pytest.mark.parametrize("text, names", list(docstrings()))
def test_docstring(text, names):
    test = doctest.DocTestParser().get_doctest(text, {**names, "itom": itom}, "example", None, 0)
    said = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name, builtin", [
    ("InvalidArgument", ValueError),
    ("WrongType", TypeError),
    ("WrongType", ValueError),
    ("NotFound", KeyError),
    ("Conflict", ValueError),
    ("LimitExceeded", ValueError),
    ("Corrupt", ValueError),
    ("Unsupported", ValueError),
    ("Io", OSError),
    ("Internal", RuntimeError),
])
def test_errors_are_builtins_too(name, builtin):
    error = getattr(itom, name)("target must be positive, got -5", "target")
    assert isinstance(error, builtin) and isinstance(error, itom.ItomError)
    assert str(error) == "target must be positive, got -5"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.argument) == (type(error), str(error), "target")


def test_record():
    record = itom.Record(score=0.5)
    assert record.score == record["score"] == 0.5
    assert "score" in dir(record) and repr(record) == "Record(score=0.5)"
    with pytest.raises(AttributeError, match="no field 'scores', its fields are: score"):
        record.scores
    assert pickle.loads(pickle.dumps(record)) == record
