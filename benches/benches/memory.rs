//! What things hold in memory: a line of JSON for each, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use itom_benches::office;
use itom_core::sla::{Calendar, ClockOptions, Ledger, Openings};
use itom_core::{Duration, Timestamp};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Prints how many bytes more are held while what `make` makes is there.
fn held<T>(what: &str, units: usize, make: impl FnOnce() -> T) -> T {
    let before = HELD.load(Ordering::Relaxed);
    let made = make();
    print(what, HELD.load(Ordering::Relaxed) - before, units);
    made
}

fn print(what: &str, bytes: usize, units: usize) {
    println!("{{\"what\": \"{what}\", \"bytes\": {bytes}, \"units\": {units}}}");
}

fn main() {
    let calendar = Calendar::new(office(50)).unwrap();
    // The zone's rules are read once a process; the definition is the user's, and counted.
    held("calendar of 50 years", 1, || Calendar::new(office(50)).unwrap());
    let keys: Vec<String> = (0..1_000_000).map(|clock| format!("INC{clock:07}")).collect();
    let starts = vec![0; keys.len()];
    let options =
        ClockOptions::new(Duration::from_secs(14_400), calendar, Timestamp::from_nanos(0));
    let ledger = held("ledger of running clocks", keys.len(), || {
        let mut ledger = Ledger::new();
        let openings = Openings { starts: &starts, targets: None };
        ledger.open_all(&keys, &options, openings).unwrap();
        ledger
    });
    print("of it what events and refreshes work on", ledger.memory().hot, keys.len());
}
