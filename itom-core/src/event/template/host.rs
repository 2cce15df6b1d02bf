//! Names of hosts that have no digit in them.

/// Domains under which hosts have names, of the first level and of the second under a country's.
const DOMAINS: [&[u8]; 14] = [
    b"com",
    b"net",
    b"org",
    b"edu",
    b"gov",
    b"mil",
    b"info",
    b"biz",
    b"local",
    b"internal",
    b"lan",
    b"localdomain",
    b"ac",
    b"co",
];

/// Whether a word with a dot is the name of a host, and not one of a class or a property: it ends
/// in a domain and, unlike a reversed name such as `org.apache`, does not begin with one.
pub(super) fn is_host(word: &[u8]) -> bool {
    let mut labels = word.rsplit(|&byte| byte == b'.');
    let last = labels.next().unwrap_or_default();
    let Some(second) = labels.next() else { return false };
    let first = labels.next_back().unwrap_or(second);
    if DOMAINS.contains(&first) {
        return false;
    }
    DOMAINS.contains(&last) || last.len() == 2 && labels.count() > 0 && DOMAINS.contains(&second)
}

/// Whether the last part of a dotted word is short and in lower case: a domain or the ending of a
/// file, so that a number after a colon is a port or a line.
pub(super) fn is_short_label(word: &[u8]) -> bool {
    let dot = word.iter().rposition(|&byte| byte == b'.');
    let label = dot.map_or(&[][..], |dot| &word[dot + 1..]);
    !label.is_empty() && label.len() <= 5 && label.iter().all(u8::is_ascii_lowercase)
}
