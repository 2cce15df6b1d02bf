//! Text from the data, made safe to show: names that cannot break a terminal, a page or a layout.
//!
//! Control characters, bidirectional overrides and invisible characters are replaced by a visible
//! mark, so a hostile name can neither move the cursor, nor reverse a line, nor leave its markup.
//! Widths follow the East Asian Width classes (Unicode annex 11) by coarse ranges: wide
//! characters take two cells, combining marks none. Ambiguous characters count one.

use std::fmt;

use unicode_width::UnicodeWidthChar;

/// The longest text shown of one field, in characters; beyond it the rest is cut and marked.
const LONGEST: usize = 600;

/// `text` without anything that acts instead of being shown; line breaks and tabs become spaces.
pub(super) fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * LONGEST));
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        shown.push(match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            _ if acts(character) => '\u{fffd}',
            _ => character,
        });
    }
    shown
}

/// Whether a character changes how others are shown, or hides.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// How many cells of a terminal a character takes: none, one or two.
fn cells(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// How many cells `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// `text` cleaned and held to `room` cells: what is too much goes from the middle, where names of
/// machines and services differ least.
pub(super) fn shortened(text: &str, room: usize) -> String {
    let text = clean(text);
    if width(&text) <= room {
        return text;
    }
    let left = room.saturating_sub(1).div_ceil(2);
    let head = fitting(text.chars(), left);
    let tail = fitting(text.chars().rev(), room.saturating_sub(1 + width(&head)));
    head + "…" + &tail.chars().rev().collect::<String>()
}

/// As many of the characters as fit into `room` cells.
fn fitting(characters: impl Iterator<Item = char>, room: usize) -> String {
    let mut taken = 0;
    characters
        .take_while(|&character| {
            taken += cells(character);
            taken <= room
        })
        .collect()
}

/// `text` shortened to exactly `room` cells, filled up with spaces.
pub(super) fn padded(text: &str, room: usize) -> String {
    let text = shortened(text, room);
    let gap = room.saturating_sub(width(&text));
    text + &" ".repeat(gap)
}

/// Cleaned text in lines of at most `room` cells, broken at spaces where there are any.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let text = clean(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if width(&line) + cells(character) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Text as it may stand in HTML and SVG, between tags and in quoted attributes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for character in clean(self.0).chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_instead() {
        assert_eq!(clean("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        assert_eq!(clean("one\ntwo\u{2028}three"), "one two three");
        assert_eq!(clean("gpj\u{202e}exe\u{200b}"), "gpj\u{fffd}exe\u{fffd}");
        assert_eq!(clean("Zürich 東京"), "Zürich 東京");
        assert_eq!(clean(&"x".repeat(10_000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn names_are_cut_in_the_middle_to_the_cell() {
        assert_eq!(shortened("PetSearch_AWS::ECS::Fargate", 16), "PetSearc…Fargate");
        assert_eq!(shortened("short", 16), "short");
        for room in 0..12 {
            assert!(width(&shortened("東京東京東京", room)) <= room.max(1));
        }
        assert_eq!(width(&padded("東京", 9)), 9);
        assert_eq!(width("e\u{301}"), 1);
    }

    #[test]
    fn lines_never_exceed_their_room() {
        let text = "a sentence with averyveryverylongword and 東京 in it";
        for room in [2, 5, 9, 30] {
            assert!(wrapped(text, room).iter().all(|line| width(line) <= room));
        }
        assert_eq!(wrapped("  ", 10), Vec::<String>::new());
        assert_eq!(wrapped("one two", 4), ["one", "two"]);
    }

    #[test]
    fn markup_is_text() {
        let text = Escaped("<script a='1' b=\"2\">&\u{202e}</script>").to_string();
        let expected = "&lt;script a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;\u{fffd}&lt;/script&gt;";
        assert_eq!(text, expected);
    }
}
