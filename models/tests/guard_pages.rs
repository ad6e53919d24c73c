//! Whole passes with a page after, and before, every buffer that no access survives: a kernel that reads or
//! writes a byte past an end ends this process.
#![cfg(unix)]
#![allow(unsafe_code, reason = "this test's own allocator")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{random, sequences};
use frontdesk_models::encoder::{Encoder, PackedEncoder, Pooling, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};

const PAGE: usize = 4096;
/// Smaller ones are of the test harness; the smallest buffer of a pass is a lane of sixteen floats.
const LEAST: usize = 64;

/// Gives each buffer pages of its own between two that cannot be touched.
struct Guarded;

#[global_allocator]
static GUARDED: Guarded = Guarded;

/// Whether buffers begin where their pages do; else they end where these do.
static AT_START: AtomicBool = AtomicBool::new(false);

// SAFETY: a buffer is memory that was mapped for it alone, of its size and alignment, and is unmapped once,
// by the address of its first page, which the address of the buffer tells since it begins in that page.
unsafe impl GlobalAlloc for Guarded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LEAST || layout.align() > PAGE {
            // SAFETY: as the caller promises.
            return unsafe { System.alloc(layout) };
        }
        let inside = layout.size().next_multiple_of(PAGE);
        // SAFETY: a new anonymous map, of which the middle becomes writable.
        let first = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let map = libc::mmap(ptr::null_mut(), inside + 2 * PAGE, libc::PROT_NONE, flags, -1, 0);
            if map == libc::MAP_FAILED {
                return ptr::null_mut();
            }
            let first = map.cast::<u8>().add(PAGE);
            if libc::mprotect(first.cast(), inside, libc::PROT_READ | libc::PROT_WRITE) != 0 {
                return ptr::null_mut();
            }
            first
        };
        let free = inside - layout.size();
        let offset = if AT_START.load(Ordering::Relaxed) { 0 } else { free - free % layout.align() };
        // SAFETY: the buffer's size is left behind the offset.
        unsafe { first.add(offset) }
    }

    unsafe fn dealloc(&self, buffer: *mut u8, layout: Layout) {
        if layout.size() < LEAST || layout.align() > PAGE {
            // SAFETY: as the caller promises.
            return unsafe { System.dealloc(buffer, layout) };
        }
        let inside = layout.size().next_multiple_of(PAGE);
        // SAFETY: the map of `alloc`, which began a page before the buffer's first.
        unsafe {
            let map = buffer.sub(buffer.addr() % PAGE + PAGE);
            libc::munmap(map.cast(), inside + 2 * PAGE);
        }
    }
}

/// Names the buffer that a child of this process reads past.
const PAST: &str = "FRONTDESK_TEST_READS_PAST";

#[test]
fn no_pass_reads_or_writes_past_a_buffer() {
    if let Some(end) = std::env::var_os(PAST) {
        read_past(end == "end");
    }
    for end in ["end", "start"] {
        // The guard must be one.
        let child = Command::new(std::env::current_exe().unwrap()).env(PAST, end).output().unwrap();
        assert!(!child.status.success(), "a read past the {end} went unseen");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.status), Some(libc::SIGSEGV));
    }
    let sequences = sequences(&[1, 2, 7, 12, 17, 96, 31, 130]);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for at_start in [false, true] {
        AT_START.store(at_start, Ordering::Relaxed);
        for (hidden, heads, wide) in [(64, 2, 96), (24, 3, 37), (10, 2, 7)] {
            let (config, weights) = random(hidden, heads, wide, 5);
            for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
                for isa in Isa::available() {
                    let encoder = PackedEncoder::load(&config, &weights, precision, isa).unwrap();
                    for sequences in sequences.chunks(1).chain([sequences.as_slice()]) {
                        let states = pool.install(|| encoder.forward(&TokenBatch::new(sequences)).unwrap());
                        let pooled: Vec<Vec<f32>> = states.pool(Pooling::Mean).unwrap();
                        assert!(pooled.iter().flatten().all(|value| value.is_finite()));
                    }
                }
            }
        }
    }
}

fn read_past(end: bool) -> ! {
    AT_START.store(!end, Ordering::Relaxed);
    let buffer = vec![0u8; 1000];
    let at = if end { buffer.as_ptr().wrapping_add(buffer.len()) } else { buffer.as_ptr().wrapping_sub(1) };
    // SAFETY: none; it must end this process.
    let read = unsafe { ptr::read_volatile(at) };
    std::process::exit(i32::from(read != 0));
}
