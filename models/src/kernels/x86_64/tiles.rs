//! The tile unit of AMX: eight registers of up to sixteen rows by 64 bytes, and products of whole tiles
//! (Intel, Software Developer's Manual, volume 1, chapter 18).

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::fmt::Debug;
use std::sync::OnceLock;

/// The shape of each tile register, in the form that `ldtilecfg` reads.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

impl Config {
    /// Tiles of so many rows, each of 64 bytes.
    pub(super) fn new(rows: [u8; 8]) -> Self {
        let mut config = Self { palette: 1, start_row: 0, reserved: [0; 14], bytes: [0; 16], rows: [0; 16] };
        config.rows[..8].copy_from_slice(&rows);
        config.bytes[..8].fill(64);
        config
    }
}

/// The instructions, by the numbers of the registers. A value of it is the proof that they work here.
///
/// # Safety
/// Of all but [`TileUnit::configure`] and [`TileUnit::release`]: a configuration is loaded, and what is
/// loaded from or stored to has as many rows, each of 64 bytes, one after the other.
pub(crate) trait TileUnit: Copy + Send + Sync + Debug + 'static {
    fn configure(self, config: &Config);
    fn release(self);
    unsafe fn zero<const TILE: u8>(self);
    /// Loads the `ROWS` rows for which the register is configured.
    unsafe fn load<const TILE: u8, const ROWS: usize>(self, from: *const u8);
    /// Stores the `ROWS` rows for which the register is configured.
    unsafe fn store<const TILE: u8, const ROWS: usize>(self, to: *mut u8);
    /// `sums[row][column] += Σ a[row][4k + i] · b[k][4 column + i]` of signed bytes, exactly.
    unsafe fn add_bytes<const SUMS: u8, const A: u8, const B: u8>(self);
    /// As above of pairs of bfloat16. The even and the odd products are each summed from zero by fused
    /// multiply-adds, then added to each other and to the sum; subnormal numbers become zero.
    unsafe fn add_pairs<const SUMS: u8, const A: u8, const B: u8>(self);
}

/// The processor's own unit, which the system lets this process use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hardware(());

impl Hardware {
    /// Asks the system for the registers the first time; where it refuses, there are none.
    pub(super) fn detect() -> Option<Self> {
        static USABLE: OnceLock<bool> = OnceLock::new();
        USABLE.get_or_init(|| is_supported() && is_permitted()).then_some(Self(()))
    }
}

/// Whether the processor has AMX with its products of bytes and of bfloat16, and the system saves its
/// registers.
pub(crate) fn is_supported() -> bool {
    if !is_x86_feature_detected!("xsave") || __cpuid(0).eax < 7 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    let all = |bits: u64, of: [u32; 2]| of.iter().all(|bit| bits >> bit & 1 == 1);
    // SAFETY: the processor and the system have XSAVE.
    let saved = unsafe { _xgetbv(0) };
    // AMX-BF16 22, AMX-TILE 24, AMX-INT8 25; XTILECFG 17, XTILEDATA 18.
    all(u64::from(features), [22, 24]) && all(u64::from(features), [24, 25]) && all(saved, [17, 18])
}

/// Asks Linux for the tile registers, for all threads of the process. It refuses where a thread's alternate
/// signal stack is too small for them, and kernels before 5.16 do not know the call.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XTILEDATA: u64 = 18;
    let result: i64;
    // SAFETY: this call reads and writes no memory of the process.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}

impl TileUnit for Hardware {
    #[inline(always)]
    fn configure(self, config: &Config) {
        // SAFETY: the processor has the tiles, as `self` proves, and 64 bytes of a valid configuration are
        // there.
        unsafe { asm!("ldtilecfg [{}]", in(reg) config, options(nostack, preserves_flags, readonly)) }
    }
    #[inline(always)]
    fn release(self) {
        // SAFETY: the processor has the tiles, as `self` proves.
        unsafe { asm!("tilerelease", options(nostack, preserves_flags, nomem)) }
    }
    #[inline(always)]
    unsafe fn zero<const TILE: u8>(self) {
        // SAFETY: the caller's.
        unsafe { asm!("tilezero tmm{t}", t = const TILE, options(nostack, preserves_flags, nomem)) }
    }
    #[inline(always)]
    unsafe fn load<const TILE: u8, const ROWS: usize>(self, from: *const u8) {
        // SAFETY: the caller's.
        unsafe {
            asm!(
                "tileloadd tmm{t}, [{from} + {stride}]",
                t = const TILE,
                from = in(reg) from,
                stride = in(reg) 64usize,
                options(nostack, preserves_flags, readonly),
            );
        }
    }
    #[inline(always)]
    unsafe fn store<const TILE: u8, const ROWS: usize>(self, to: *mut u8) {
        // SAFETY: the caller's.
        unsafe {
            asm!(
                "tilestored [{to} + {stride}], tmm{t}",
                t = const TILE,
                to = in(reg) to,
                stride = in(reg) 64usize,
                options(nostack, preserves_flags),
            );
        }
    }
    #[inline(always)]
    unsafe fn add_bytes<const SUMS: u8, const A: u8, const B: u8>(self) {
        // SAFETY: the caller's.
        unsafe {
            asm!(
                "tdpbssd tmm{s}, tmm{a}, tmm{b}",
                s = const SUMS, a = const A, b = const B,
                options(nostack, preserves_flags, nomem),
            );
        }
    }
    #[inline(always)]
    unsafe fn add_pairs<const SUMS: u8, const A: u8, const B: u8>(self) {
        // SAFETY: the caller's.
        unsafe {
            asm!(
                "tdpbf16ps tmm{s}, tmm{a}, tmm{b}",
                s = const SUMS, a = const A, b = const B,
                options(nostack, preserves_flags, nomem),
            );
        }
    }
}

/// The unit in plain Rust, so that what surrounds it is tested on any processor with AVX-512.
#[cfg(test)]
pub(crate) mod emulated {
    use std::cell::RefCell;

    use super::{Config, TileUnit};

    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Emulated;

    type Tile = [[u8; 64]; 16];

    thread_local! {
        /// The configured rows of each register, and the registers.
        static UNIT: RefCell<Option<([usize; 8], [Tile; 8])>> = const { RefCell::new(None) };
    }

    fn with<R>(work: impl FnOnce(&[usize; 8], &mut [Tile; 8]) -> R) -> R {
        UNIT.with_borrow_mut(|unit| {
            let (rows, tiles) = unit.as_mut().expect("a configuration is loaded");
            work(rows, tiles)
        })
    }

    fn flush(value: f32) -> f32 {
        if value.is_subnormal() { 0f32.copysign(value) } else { value }
    }

    impl TileUnit for Emulated {
        fn configure(self, config: &Config) {
            let rows = std::array::from_fn(|tile| usize::from(config.rows[tile]));
            assert!(
                config.palette == 1 && config.bytes[..8] == [64; 8] && rows.iter().all(|rows| *rows <= 16)
            );
            UNIT.set(Some((rows, [[[0; 64]; 16]; 8])));
        }
        fn release(self) {
            UNIT.set(None);
        }
        unsafe fn zero<const TILE: u8>(self) {
            with(|_, tiles| tiles[usize::from(TILE)] = [[0; 64]; 16]);
        }
        unsafe fn load<const TILE: u8, const ROWS: usize>(self, from: *const u8) {
            with(|rows, tiles| {
                let tile = usize::from(TILE);
                assert_eq!(rows[tile], ROWS, "the configured height");
                tiles[tile] = [[0; 64]; 16];
                for (row, to) in tiles[tile][..rows[tile]].iter_mut().enumerate() {
                    // SAFETY: the caller's.
                    *to = unsafe { from.add(64 * row).cast::<[u8; 64]>().read_unaligned() };
                }
            });
        }
        unsafe fn store<const TILE: u8, const ROWS: usize>(self, to: *mut u8) {
            with(|rows, tiles| {
                let tile = usize::from(TILE);
                assert_eq!(rows[tile], ROWS, "the configured height");
                for (row, from) in tiles[tile][..rows[tile]].iter().enumerate() {
                    // SAFETY: the caller's.
                    unsafe { to.add(64 * row).cast::<[u8; 64]>().write_unaligned(*from) };
                }
            });
        }
        unsafe fn add_bytes<const SUMS: u8, const A: u8, const B: u8>(self) {
            with(|rows, tiles| {
                let (sums, a, b) = (usize::from(SUMS), usize::from(A), usize::from(B));
                assert_eq!((rows[sums], rows[b]), (rows[a], 16));
                for row in 0..rows[sums] {
                    for column in 0..16 {
                        let product = |at: usize| {
                            let weight = tiles[b][at / 4][4 * column + at % 4].cast_signed();
                            i32::from(tiles[a][row][at].cast_signed()) * i32::from(weight)
                        };
                        let products: i32 = (0..64).map(product).sum();
                        let sum = &mut tiles[sums][row].as_chunks_mut::<4>().0[column];
                        *sum = (i32::from_ne_bytes(*sum) + products).to_ne_bytes();
                    }
                }
            });
        }
        unsafe fn add_pairs<const SUMS: u8, const A: u8, const B: u8>(self) {
            with(|rows, tiles| {
                let (sums, a, b) = (usize::from(SUMS), usize::from(A), usize::from(B));
                assert_eq!((rows[sums], rows[b]), (rows[a], 16));
                let half = |row: &[u8; 64], at: usize| {
                    flush(f32::from_bits(u32::from(u16::from_le_bytes([row[2 * at], row[2 * at + 1]])) << 16))
                };
                for row in 0..rows[sums] {
                    for column in 0..16 {
                        let mut halves = [0f32; 2];
                        for pair in 0..16 {
                            for (odd, sum) in halves.iter_mut().enumerate() {
                                let value = half(&tiles[a][row], 2 * pair + odd);
                                let weight = half(&tiles[b][pair], 2 * column + odd);
                                *sum = flush(value.mul_add(weight, *sum));
                            }
                        }
                        let sum = &mut tiles[sums][row].as_chunks_mut::<4>().0[column];
                        let both = flush(halves[0] + halves[1]);
                        *sum = flush(flush(f32::from_ne_bytes(*sum)) + both).to_ne_bytes();
                    }
                }
            });
        }
    }
}
