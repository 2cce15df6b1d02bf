//! Names as numbers, so that everything after works on arrays.

use hashbrown::HashMap;

/// Different names, numbered in their order.
#[derive(Debug)]
pub(super) struct Names<'a> {
    sorted: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    pub(super) fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers: HashMap<&str, u32> = names.map(|name| (name, 0)).collect();
        let mut sorted: Vec<&str> = numbers.keys().copied().collect();
        sorted.sort_unstable();
        for (number, name) in sorted.iter().enumerate() {
            numbers.insert(name, number as u32);
        }
        Names { sorted, numbers }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    pub(super) fn name(&self, number: u32) -> &'a str {
        self.sorted[number as usize]
    }

    /// The number of a name that was there when they were numbered.
    pub(super) fn number(&self, name: &str) -> u32 {
        self.numbers[name]
    }
}
