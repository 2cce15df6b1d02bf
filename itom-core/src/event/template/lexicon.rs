//! The few words that say something about their neighbours.

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing: a word of a message.
    Plain,
    Weekday,
    Month,
    /// A unit of size or time: part of the number before it.
    Unit,
    /// A value that is a word: `true`, `null`.
    Literal,
    /// What follows is the name of one, if a [`Lead`](Meaning::Lead) is before it.
    User,
    /// Before `user`: one particular user is meant.
    Lead,
    For,
    From,
    /// A letter and no more: the name of a drive, an axis, a grade.
    Letter,
}

/// The meaning of a word; those that say nothing are told apart by their length and first letter.
#[inline]
pub(super) fn meaning(word: &[u8]) -> Meaning {
    if word.len() > 7 {
        return Meaning::Plain;
    }
    match word {
        b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun" => Meaning::Weekday,
        b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun" | b"Jul" | b"Aug" | b"Sep" | b"Oct"
        | b"Nov" | b"Dec" => Meaning::Month,
        b"B" | b"kB" | b"KB" | b"MB" | b"GB" | b"TB" | b"KiB" | b"MiB" | b"GiB" | b"TiB"
        | b"byte" | b"bytes" | b"Bytes" => Meaning::Unit,
        b"ns" | b"us" | b"ms" | b"s" | b"sec" | b"secs" | b"second" | b"seconds" | b"min"
        | b"mins" | b"minute" | b"minutes" | b"hour" | b"hours" | b"day" | b"days" => Meaning::Unit,
        b"true" | b"false" | b"True" | b"False" | b"TRUE" | b"FALSE" | b"null" | b"NULL"
        | b"nil" | b"none" | b"None" => Meaning::Literal,
        b"user" | b"User" => Meaning::User,
        b"invalid" | b"Invalid" | b"illegal" | b"Illegal" | b"unknown" | b"by" | b"as" | b"of" => {
            Meaning::Lead
        }
        b"for" => Meaning::For,
        b"from" => Meaning::From,
        [letter] if letter.is_ascii_alphabetic() => Meaning::Letter,
        _ => Meaning::Plain,
    }
}
