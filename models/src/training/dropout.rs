//! Dropout (Srivastava et al. 2014) whose masks are computed, not stored: whether a value is kept is a hash
//! of the seed and its place, so that the backward pass finds the same mask, at any number of threads.

/// A dropout of one place in the network.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    /// Of 2¹⁶, those that become 0.
    below: u32,
    /// The factor that the others are multiplied by.
    scale: f32,
    seed: u64,
    /// The number of the first row, which makes a part of a batch drop what the whole would.
    pub(super) first: usize,
}

/// Values that one hash decides on.
pub(super) const TOGETHER: usize = 4;

impl Dropout {
    /// Every value stays.
    pub const NONE: Self = Self { below: 0, scale: 1.0, seed: 0, first: 0 };

    /// Sets a `share` of the values to 0, from 0 to below 1 in steps of 2⁻¹⁶, and scales the others by 1 /
    /// (1 - share).
    pub fn new(share: f32, seed: u64) -> Self {
        let below = (share.clamp(0.0, 0.999) * 65536.0).round() as u32;
        Self { below, scale: 65536.0 / (65536 - below) as f32, seed, first: 0 }
    }

    /// The same share with other masks, for another place.
    #[must_use]
    pub fn at(self, place: usize) -> Self {
        Self { seed: mix(self.seed ^ mix(place as u64 + 1)), ..self }
    }

    /// The same masks for rows that begin with this one.
    #[must_use]
    pub(super) fn beginning_at(self, first: usize) -> Self {
        Self { first, ..self }
    }

    pub(super) fn is_none(self) -> bool {
        self.below == 0
    }

    /// Returns the factors of the four values of a block of a row: 0 or the scale.
    #[inline(always)]
    pub(super) fn factors(self, row: usize, block: usize) -> [f32; TOGETHER] {
        let hash = mix(self.seed.wrapping_add((row as u64) << 32 | block as u64));
        std::array::from_fn(|lane| {
            if (hash >> (16 * lane) & 0xffff) as u32 >= self.below { self.scale } else { 0.0 }
        })
    }

    /// Multiplies the values of a row: each row of a place has a mask of its own.
    #[inline(always)]
    pub fn apply(self, row: usize, values: &mut [f32]) {
        if self.is_none() {
            return;
        }
        for (block, values) in values.chunks_mut(TOGETHER).enumerate() {
            for (value, factor) in values.iter_mut().zip(self.factors(self.first + row, block)) {
                *value *= factor;
            }
        }
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014).
#[inline(always)]
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
