//! What an event does, in 32 bits; the common in five or six.

use crate::sla::clock::fold::Act;
use crate::sla::{ReopenMode, Scope};

/// Arguments are smaller.
pub(super) const ARGUMENTS: u32 = 1 << 26;
/// Reasons that a record of seconds names, and one of nanoseconds.
const REASONS: [u32; 2] = [13, 29];
/// The highest bits of the first unit of a long record.
pub(super) const LONG: u32 = 0b11 << 30;

/// An action and its argument in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct What(u32);

impl What {
    pub(super) const RETRACT: u8 = 15;

    /// None for an action that does not exist.
    pub(super) fn new(action: u8, argument: u32) -> Option<What> {
        let sound = (1..=What::RETRACT).contains(&action) && argument < ARGUMENTS;
        sound.then_some(What(u32::from(action) << 28 | argument))
    }

    /// Of an action and an argument that exist.
    #[inline]
    pub(super) const fn known(action: u8, argument: u32) -> What {
        debug_assert!(action > 0 && action <= What::RETRACT && argument < ARGUMENTS);
        What((action as u32) << 28 | argument)
    }

    /// The same with an argument, which it has not yet.
    #[inline]
    pub(super) fn with(self, argument: u32) -> What {
        What(self.0 | argument)
    }

    /// Whether it opens a stopped clock anew from zero.
    #[inline]
    pub(super) fn begins_cycle(self) -> bool {
        self.action() == 6
    }

    /// Whether all it does is to begin or to end reasons to pause.
    #[inline]
    pub(super) const fn pauses(self) -> bool {
        self.action() <= 3
    }

    #[inline]
    pub(super) const fn action(self) -> u8 {
        (self.0 >> 28) as u8
    }

    #[inline]
    pub(super) const fn argument(self) -> u32 {
        self.0 & ((1 << 28) - 1)
    }

    /// Whether it may lead to another calendar.
    pub(super) fn wanders(self) -> bool {
        (11..=14).contains(&self.action())
    }

    /// The units of a long record.
    pub(super) fn long(self, before: u32, at: i64) -> [u32; 4] {
        let what = LONG | u32::from(self.action()) << 26 | self.argument();
        [what, before, at as u32, (at >> 32) as u32]
    }

    /// From the 32 bits of a former format; of no action if its argument is too big.
    pub(super) fn of_former(bits: u32) -> What {
        if bits & ((1 << 28) - 1) < ARGUMENTS { What(bits) } else { What(0) }
    }

    /// From the first of them.
    pub(super) fn of_long(unit: u32) -> What {
        What((unit >> 26 & 15) << 28 | unit & (ARGUMENTS - 1))
    }

    /// What it does; `lengths` are the targets that arguments refer to. None for a retraction.
    pub(super) fn act(self, lengths: &[i64]) -> Option<Act> {
        let argument = self.argument();
        let length = || lengths.get(argument as usize).copied().unwrap_or(i64::MAX);
        Some(match self.action() {
            1 => Act::Pause(argument),
            2 => Act::Resume(argument),
            3 => Act::ResumeAll,
            4 => Act::Stop,
            5 => Act::Reopen(ReopenMode::Resume),
            6 => Act::Reopen(ReopenMode::NewCycle),
            7 => Act::Reopen(ReopenMode::VoidStop),
            8 => Act::Cancel,
            9 => Act::Target(length(), Scope::Whole),
            10 => Act::Target(length(), Scope::FromNow),
            11 => Act::Calendar(argument, Scope::FromNow),
            12 => Act::Calendar(argument, Scope::Whole),
            13 => Act::Zone(argument, Scope::FromNow),
            14 => Act::Zone(argument, Scope::Whole),
            _ => return None,
        })
    }
}

/// Actions and arguments in few bits.
pub(super) struct Codes {
    reasons: u32,
    /// Of each action the code of argument 0, and how many arguments have one.
    first: [(u32, u32); 16],
}

/// Those of records of seconds, and of nanoseconds.
pub(super) const CODES: [Codes; 2] = [Codes::new(REASONS[0]), Codes::new(REASONS[1])];

impl Codes {
    const fn new(reasons: u32) -> Codes {
        let mut first = [(0, 0); 16];
        first[1] = (0, reasons);
        first[2] = (reasons, reasons);
        let mut action = 3;
        while action <= 8 {
            first[action] = (2 * reasons - 3 + action as u32, 1);
            action += 1;
        }
        Codes { reasons, first }
    }

    /// The code of what happened, if it is common.
    #[inline]
    pub(super) fn code(&self, what: What) -> Option<u32> {
        let (code, rare) = self.code_or_not(what);
        (rare == 0).then_some(code)
    }

    /// The same without a branch: if it is not common, the second is not 0 and the first no code.
    #[inline]
    pub(super) fn code_or_not(&self, what: What) -> (u32, u32) {
        let (first, most) = self.first[usize::from(what.action() & 15)];
        (first.wrapping_add(what.argument()), u32::from(what.argument() >= most))
    }

    pub(super) const fn what(&self, code: u32) -> What {
        let (action, argument) = match code {
            _ if code < self.reasons => (1, code),
            _ if code < 2 * self.reasons => (2, code - self.reasons),
            _ => (code + 3 - 2 * self.reasons, 0),
        };
        What(action << 28 | argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(action: u8, argument: u32) -> What {
        What::new(action, argument).unwrap()
    }

    #[test]
    fn every_common_action_has_a_code_of_its_own() {
        for (codes, most) in CODES.iter().zip([32, 64]) {
            for code in 0..most {
                assert_eq!(codes.code(codes.what(code)), Some(code));
            }
            for rare in [known(1, codes.reasons), known(2, codes.reasons), known(3, 1), known(9, 0)]
            {
                assert_eq!(codes.code(rare), None);
            }
            assert_eq!(codes.code(known(15, 0)), None);
        }
    }
}
