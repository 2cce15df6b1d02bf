//! Items: what is said of them, and what they are at a moment.

use std::collections::BTreeMap;

use super::cell;
use super::column::Column;
use super::rows::{AGREES, CLASS, REMOVED, Saying};
use super::{History, Key, Moment, NONE, Slot};
use crate::cmdb::Value;
use crate::cmdb::model::ClassModel;
use crate::cmdb::reconcile::claims;
use crate::{Result, Timestamp};

/// Rows of an item through which one looks for what its columns still say; with more of them
/// everything is copied into rows.
const FEW: usize = 16;

/// What an item is at a moment: its class, [`NONE`] where it is not there, and its last removal.
#[derive(Clone, Copy, Debug)]
pub(in crate::cmdb) struct ItemState {
    pub(in crate::cmdb) class: u32,
    pub(in crate::cmdb) removed: Option<Key>,
}

impl History {
    fn column(&self, word: u32) -> Option<&Column> {
        self.columns.get(word)
    }

    /// The code of a value of an attribute, 0 for null, given to it if it is new.
    pub(in crate::cmdb) fn intern_value(
        &mut self,
        word: u32,
        value: &Value,
        scratch: &mut Vec<u8>,
    ) -> Result<u32> {
        if *value == Value::Null {
            return Ok(0);
        }
        scratch.clear();
        cell::write(value, scratch);
        self.columns.get_mut(word).intern(scratch)
    }

    /// [`intern_value`](Self::intern_value) of a text.
    pub(in crate::cmdb) fn intern_text(
        &mut self,
        word: u32,
        text: &str,
        scratch: &mut Vec<u8>,
    ) -> Result<u32> {
        scratch.clear();
        cell::write_text(text, scratch);
        self.columns.get_mut(word).intern(scratch)
    }

    /// Whether the value of a code of an attribute is a list.
    pub(in crate::cmdb) fn is_list(&self, word: u32, code: u32) -> bool {
        self.column(word).is_some_and(|column| cell::is_list(column.bytes(code)))
    }

    /// Whether a code of an attribute is no value, or a text without a character.
    pub(in crate::cmdb) fn is_blank(&self, word: u32, code: u32) -> bool {
        let empty = || self.column(word).is_some_and(|own| cell::is_empty_text(own.bytes(code)));
        code == 0 || empty()
    }

    /// The code of a value of an attribute, if it ever was one.
    pub(in crate::cmdb) fn find_value(&self, word: u32, value: &Value) -> Option<u32> {
        self.column(word)?.find(value)
    }

    /// The value of a code of an attribute.
    pub(in crate::cmdb) fn value(&self, word: u32, code: u32) -> Value {
        self.column(word).map_or(Value::Null, |column| column.value(code))
    }

    /// The code of an attribute of an item by everything that was said.
    pub(in crate::cmdb) fn code_now(&self, item: u32, word: u32) -> u32 {
        self.column(word).map_or(0, |column| column.codes.get(item))
    }

    // ---------------------------------------------------------------- saying

    /// The item is there and has these attributes.
    pub(super) fn say(&mut self, item: u32, class: u32, attributes: &[(u32, u32)]) -> Result<()> {
        let words = attributes.iter().map(|&(word, _)| word);
        let shape = self.shapes.with(self.shape_of.get(item), words)?;
        self.put(Slot::Shape(item), shape);
        if self.read(Slot::Head(item)) == NONE && self.read(Slot::Created(item)) == NONE {
            self.put(Slot::Class(item), class);
            self.put(Slot::Created(item), self.transactions());
            for &(word, code) in attributes.iter().filter(|(_, code)| *code != 0) {
                self.put(Slot::Code(word, item), code);
            }
            return Ok(());
        }
        let agreed = self.agreed(item, attributes);
        self.copy_class(item)?;
        let saying = |what, code| Saying { what, code, from_columns: NONE };
        if !self.insert(Slot::Head(item), saying(CLASS, class))? {
            self.put(Slot::Class(item), class);
        }
        if !agreed.is_empty() {
            let shape = self.shapes.with(0, agreed.iter().copied())?;
            self.insert(Slot::Head(item), saying(AGREES, shape))?;
        }
        let mut agreed = agreed.iter().peekable();
        for &(word, code) in attributes {
            if agreed.next_if_eq(&&word).is_some() {
                continue;
            }
            self.copy_value(item, word)?;
            if !self.insert(Slot::Head(item), saying(word, code))? {
                self.put(Slot::Code(word, item), code);
            }
        }
        Ok(())
    }

    /// The attributes of which a source says what the item was made with, if they are enough to say
    /// so in one row. What is said by hand is always written out.
    fn agreed(&self, item: u32, attributes: &[(u32, u32)]) -> Vec<u32> {
        /// As many rows are saved at least.
        const ENOUGH: usize = 3;
        if attributes.len() < ENOUGH || self.open_source().is_none() {
            return Vec::new();
        }
        let mut words: Vec<u32> = attributes.iter().map(|(word, _)| *word).collect();
        words.sort_unstable();
        if words.windows(2).any(|pair| pair[0] == pair[1]) {
            return Vec::new();
        }
        let mut made = self.made_with(item);
        made.sort_unstable();
        let agrees = |cell: &&(u32, u32)| cell.1 != 0 && made.binary_search(cell).is_ok();
        let agreed: Vec<u32> = attributes.iter().filter(agrees).map(|(word, _)| *word).collect();
        if agreed.len() < ENOUGH { Vec::new() } else { agreed }
    }

    /// What an item was made with, by word and code: what was copied into rows, and of the other
    /// attributes what the columns still say.
    pub(super) fn made_with(&self, item: u32) -> Vec<(u32, u32)> {
        let (mut told, mut made) = (Vec::new(), Vec::with_capacity(self.shape(item).len()));
        for (_, row) in self.chain(self.read(Slot::Head(item))) {
            told.push(row.what);
            if row.is_from_columns() && row.what != CLASS {
                made.push((row.what, row.code));
            }
        }
        if self.read(Slot::Created(item)) != NONE {
            let columns = self.shape(item).iter().filter(|word| !told.contains(word));
            let cells = columns.map(|&word| (word, self.code_now(item, word)));
            made.extend(cells.filter(|(_, code)| *code != 0));
        }
        made
    }

    /// The item is not there any more.
    pub(super) fn say_removed(&mut self, item: u32) -> Result<()> {
        self.copy_all(item)?;
        let removed = Saying { what: REMOVED, code: 0, from_columns: NONE };
        self.insert(Slot::Head(item), removed)?;
        let (mut class, mut codes) = (NONE, BTreeMap::new());
        for (_, row) in self.chain(self.read(Slot::Head(item))) {
            match row.what {
                REMOVED => break,
                CLASS if class == NONE => class = row.code,
                // Where sources speak the columns are not asked for what holds now.
                CLASS | AGREES => {}
                word => {
                    codes.entry(word).or_insert(row.code);
                }
            }
        }
        self.put(Slot::Class(item), class);
        for word in self.shape(item).to_vec() {
            self.put(Slot::Code(word, item), codes.get(&word).copied().unwrap_or(0));
        }
        Ok(())
    }

    /// Every attribute an item ever had, sorted.
    pub(super) fn shape(&self, item: u32) -> &[u32] {
        self.shapes.attributes(self.shape_of.get(item))
    }

    /// Copies the class an item was made with into a row, before the item's first other row.
    fn copy_class(&mut self, item: u32) -> Result<()> {
        if self.read(Slot::Head(item)) == NONE {
            let (code, from_columns) =
                (self.read(Slot::Class(item)), self.read(Slot::Created(item)));
            self.insert(Slot::Head(item), Saying { what: CLASS, code, from_columns })?;
        }
        Ok(())
    }

    /// Copies what the columns say of an attribute into a row, if no row says anything of it.
    fn copy_value(&mut self, item: u32, word: u32) -> Result<()> {
        let (from_columns, code) = (self.read(Slot::Created(item)), self.code_now(item, word));
        if from_columns == NONE || code == 0 {
            return Ok(());
        }
        let mut count = 0;
        for (_, row) in self.chain(self.read(Slot::Head(item))) {
            if row.what == word {
                return Ok(());
            }
            count += 1;
        }
        if count > FEW {
            return self.copy_all(item);
        }
        self.insert(Slot::Head(item), Saying { what: word, code, from_columns })?;
        Ok(())
    }

    /// Copies everything the item was made with into rows.
    fn copy_all(&mut self, item: u32) -> Result<()> {
        let from_columns = self.read(Slot::Created(item));
        if from_columns == NONE {
            return Ok(());
        }
        self.copy_class(item)?;
        let chain = self.chain(self.read(Slot::Head(item)));
        let mut told: Vec<u32> = chain.map(|(_, row)| row.what).collect();
        told.sort_unstable();
        for word in self.shape(item).to_vec() {
            let code = self.code_now(item, word);
            if code != 0 && told.binary_search(&word).is_err() {
                self.insert(Slot::Head(item), Saying { what: word, code, from_columns })?;
            }
        }
        self.put(Slot::Created(item), NONE);
        Ok(())
    }

    // ---------------------------------------------------------------- reading

    /// The valid times after `at` at which something is said of an item, latest first.
    pub(in crate::cmdb) fn item_changes_after(&self, item: u32, at: Timestamp) -> Vec<Timestamp> {
        let rows = self.chain(self.read(Slot::Head(item)));
        let said = rows.map(|(_, row)| self.instant(row.transaction()));
        let created = self.read(Slot::Created(item));
        let made = (created != NONE).then(|| self.instant(created));
        let mut times: Vec<Timestamp> = said.chain(made).filter(|time| *time > at).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        times.dedup();
        times
    }

    /// Whether anything was ever said of an item; if not it is only the end of a relation.
    pub(in crate::cmdb) fn was_ever_said(&self, item: u32) -> bool {
        self.read(Slot::Head(item)) != NONE || self.read(Slot::Created(item)) != NONE
    }

    /// Whether an item may have been removed at some time.
    pub(in crate::cmdb) fn was_ever_removed(&self, item: u32) -> bool {
        self.read(Slot::Created(item)) == NONE
    }

    /// Whether but one statement was ever made of an item and none of another counts for it.
    fn was_said_once(&self, item: u32) -> bool {
        self.read(Slot::Head(item)) == NONE && !self.control.has_merges()
    }

    /// Whether whoever speaks of an item last says what it is: it was never removed, and no order
    /// of statements differs from that of their keys.
    fn keeps_its_order(&self, item: u32) -> bool {
        !self.was_ever_removed(item)
            && !self.control.has_merges()
            && !self.control.was_anyone_late()
    }

    /// Whether the transaction under way made the item and said nothing else of it.
    pub(in crate::cmdb) fn is_new(&self, item: u32) -> bool {
        self.was_said_once(item) && self.read(Slot::Created(item)) == self.transactions()
    }

    /// Of an item of which but one statement was ever made, whether that holds at a moment.
    pub(in crate::cmdb) fn holds_as_said(&self, item: u32, moment: Moment) -> Option<bool> {
        let created = self.read(Slot::Created(item));
        let once = self.read(Slot::Head(item)) == NONE && created != NONE;
        once.then(|| self.is_visible(created, moment))
    }

    pub(in crate::cmdb) fn item_state(&self, item: u32, moment: Moment) -> ItemState {
        if self.control.active && !self.was_said_once(item) && !self.keeps_its_order(item) {
            return claims::item_state(self, item, moment);
        }
        let mut state = ItemState { class: NONE, removed: None };
        let head = self.read(Slot::Head(item));
        if head == NONE {
            let created = self.read(Slot::Created(item));
            if created != NONE && self.is_visible(created, moment) {
                state.class = self.read(Slot::Class(item));
            }
            return state;
        }
        for (place, row) in self.visible(head, moment) {
            match row.what {
                CLASS if state.class == NONE => {
                    state.class = row.code;
                    if !self.was_ever_removed(item) {
                        return state;
                    }
                }
                REMOVED => {
                    state.removed = Some(self.key(place, row));
                    break;
                }
                _ => {}
            }
        }
        state
    }

    /// The attributes of an item by word: for each the newest value since the item was made, or
    /// where sources claim values what the rules choose.
    pub(in crate::cmdb) fn attributes(
        &self,
        model: &ClassModel,
        item: u32,
        moment: Moment,
    ) -> BTreeMap<u32, Value> {
        if self.control.active && !self.was_said_once(item) {
            return claims::attributes(self, model, item, moment);
        }
        let mut attributes = BTreeMap::new();
        self.for_each_code(item, moment, |word, code| {
            attributes.insert(word, self.value(word, code));
        });
        attributes
    }

    /// Tells each attribute an item has at a moment, with the code of its value.
    fn for_each_code(&self, item: u32, moment: Moment, mut tell: impl FnMut(u32, u32)) {
        let head = self.read(Slot::Head(item));
        // Few words: a list searched from its start beats a map.
        let mut told: Vec<u32> = Vec::new();
        for (_, row) in self.chain(head) {
            let is_visible = self.is_visible(row.transaction(), moment);
            match row.what {
                REMOVED if is_visible => return,
                REMOVED | CLASS => continue,
                // Where rows speak of an attribute, also later ones, its column is not asked.
                word => {
                    let mark = word << 1 | u32::from(is_visible);
                    if told.contains(&mark) {
                        continue;
                    }
                    told.push(mark);
                    if is_visible && row.code != 0 {
                        tell(word, row.code);
                    }
                }
            }
        }
        let created = self.read(Slot::Created(item));
        if created == NONE || !self.is_visible(created, moment) {
            return;
        }
        for &word in self.shape(item) {
            let code = self.code_now(item, word);
            if code != 0 && !told.iter().any(|known| known >> 1 == word) {
                tell(word, code);
            }
        }
    }
}
