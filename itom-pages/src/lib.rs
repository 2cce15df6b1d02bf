//! Lists of many megabytes in huge pages of memory.
//!
//! A system hands out memory in pages of 4 KiB, each when it is first written to: filling a list of
//! 100 MB then is half a matter of getting 25,000 of them. Linux has pages of 2 MiB as well, and gives
//! them, unless it is set up never to, to who asks ([`madvise(2)`], `MADV_HUGEPAGE`). [`reserve`] and
//! [`with_capacity`] do what those of `Vec` do and ask. Elsewhere, and for lists of less than 4 MiB,
//! that is all they do. What is in memory and what it means is the same either way.
//!
//! A crate of its own because asking needs unsafe code, which the core forbids.
//!
//! [`madvise(2)`]: https://man7.org/linux/man-pages/man2/madvise.2.html

/// The size of a huge page, and what it is aligned to.
const HUGE: usize = 2 << 20;
/// Smaller lists would have hardly a whole one.
const LEAST: usize = 2 * HUGE;

/// An empty list with room for so many values.
///
/// ```
/// let mut list = itom_pages::with_capacity(1_000_000);
/// list.extend(0..1_000_000u64);
/// assert_eq!(list.iter().sum::<u64>(), 499_999_500_000);
/// ```
pub fn with_capacity<T>(values: usize) -> Vec<T> {
    let list = Vec::with_capacity(values);
    ask(&list);
    list
}

/// Makes room for `more` values behind those of a list.
///
/// ```
/// let mut list = vec![7u8];
/// itom_pages::reserve(&mut list, 10 << 20);
/// assert!(list.capacity() > 10 << 20);
/// assert_eq!(list, [7]);
/// ```
#[inline]
pub fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve(more);
        ask(list);
    }
}

/// Asks for huge pages where a list has its values.
fn ask<T>(list: &Vec<T>) {
    let bytes = list.capacity() * size_of::<T>();
    if let Some((from, length)) = whole(list.as_ptr() as usize, bytes) {
        advise(from, length);
    }
}

/// The part of `bytes` bytes from an address on that whole huge pages fit: where it begins, and how
/// long it is.
fn whole(address: usize, bytes: usize) -> Option<(usize, usize)> {
    if bytes < LEAST {
        return None;
    }
    let from = address.checked_next_multiple_of(HUGE)?;
    let until = address.checked_add(bytes)? / HUGE * HUGE;
    (from < until).then(|| (from, until - from))
}

#[cfg(target_os = "linux")]
fn advise(from: usize, length: usize) {
    // SAFETY: the range lies within one allocation, which is alive; this advice changes neither
    // what is in it nor how it may be used. An answer of no is as good: the pages are small then.
    unsafe { libc::madvise(from as *mut libc::c_void, length, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise(_from: usize, _length: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pages_lie_within() {
        for address in [HUGE, HUGE + 16, 5 * HUGE - 8, 7 * HUGE + HUGE / 2] {
            for bytes in [0, LEAST - 1, LEAST, LEAST + 1, 9 * HUGE + 77] {
                let Some((from, length)) = whole(address, bytes) else {
                    assert!(bytes < LEAST);
                    continue;
                };
                assert_eq!((from % HUGE, length % HUGE), (0, 0));
                assert!(from >= address && from + length <= address + bytes);
                assert!(length + 2 * HUGE > bytes);
            }
        }
        assert_eq!(whole(usize::MAX - 7, LEAST), None);
    }

    #[test]
    fn lists_keep_what_is_in_them() {
        let mut list = with_capacity::<u32>(3 << 20);
        list.extend(0..3 << 20);
        reserve(&mut list, 5 << 20);
        list.extend(3 << 20..8 << 20);
        assert!(list.iter().copied().eq(0..8 << 20));
    }

    /// Where the system gives huge pages to who asks, a list has them.
    #[cfg(target_os = "linux")]
    #[test]
    fn huge_pages_are_asked_for() {
        let list = with_capacity::<u64>(8 << 20);
        let inside = list.as_ptr() as usize + (32 << 20);
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
        let bound = |text: &str| usize::from_str_radix(text, 16).ok();
        let holds = |line: &str| {
            let (from, rest) = line.split_once('-')?;
            let until = rest.split(' ').next()?;
            Some((bound(from)?..bound(until)?).contains(&inside))
        };
        let mut lines = maps.lines().skip_while(|line| holds(line) != Some(true)).skip(1);
        let flags = lines.find(|line| line.starts_with("VmFlags:"));
        // Kernels without huge pages say nothing.
        if std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
            assert!(flags.is_some_and(|flags| flags.contains(" hg")), "{flags:?}");
        }
    }
}
