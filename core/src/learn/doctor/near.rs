//! Near duplicates among many texts by MinHash (Broder 1997) with banding (Leskovec, Rajaraman & Ullman,
//! Mining of Massive Datasets, 3.4), each candidate then measured exactly.

use rayon::prelude::*;

use super::normal::form;
use super::{DoctorProgress, DoctorStage, in_turns};
use crate::{OnProgress, Result};

const WIDTH: usize = 5;
const BITS_PER_CHAR: u32 = 21;
const BANDS: usize = 32;
/// Bands that two texts share to be compared: one is shared by chance by too many.
const SHARED: usize = 2;
/// A pair at the threshold shares fewer with at most this probability.
const MISS: f64 = 2e-3;
/// Texts of a bucket that the others of the bucket are compared with.
const BUCKET: usize = 128;
/// Candidates of a text that are measured: those with which it shares most bands.
const MEASURED: usize = 32;

/// The set of a form's character 5-grams, sorted. Five characters of 21 bits fit a `u128`: nothing collides.
#[derive(Debug)]
struct Shingles(Vec<u128>);

impl Shingles {
    /// Of a text's form with a space before and after it, so that its ends are ends of words and the shortest
    /// has one.
    fn of(text: &str) -> Self {
        let mask = (1_u128 << (WIDTH as u32 * BITS_PER_CHAR)) - 1;
        let mut window = 0;
        let form = form(text);
        let chars = std::iter::once(' ').chain(form.chars()).chain(std::iter::once(' '));
        let mut set: Vec<u128> = chars
            .map(|c| {
                window = ((window << BITS_PER_CHAR) | u128::from(u32::from(c))) & mask;
                window
            })
            .collect();
        // The first windows are not full; of a short text, the last is kept all the same.
        set.drain(..(WIDTH - 1).min(set.len() - 1));
        set.sort_unstable();
        set.dedup();
        Self(set)
    }

    /// The size of the intersection over that of the union.
    fn jaccard(&self, other: &Self) -> f64 {
        let (mut rest, mut shared) = (other.0.as_slice(), 0_usize);
        for shingle in &self.0 {
            let skip = rest.iter().take_while(|other| *other < shingle).count();
            rest = &rest[skip..];
            shared += usize::from(rest.first() == Some(shingle));
        }
        shared as f64 / (self.0.len() + other.0.len() - shared) as f64
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The most rows a band that still find pairs at the threshold: more rows give fewer false candidates.
fn rows_of_band(threshold: f64) -> usize {
    let missed = |rows: usize| {
        let (shared, bands) = (threshold.powf(rows as f64), BANDS as f64);
        (1.0 - shared).powf(bands) + bands * shared * (1.0 - shared).powf(bands - 1.0)
    };
    (1..=16).rev().find(|&rows| missed(rows) <= MISS).unwrap_or(1)
}

/// The hash functions of the sketches: multiply and add, and keep the upper half (Dietzfelbinger et al.
/// 1997).
#[derive(Debug)]
struct Hashes {
    parameters: Vec<(u64, u64)>,
    rows: usize,
}

impl Hashes {
    fn new(threshold: f64) -> Self {
        let rows = rows_of_band(threshold);
        let random = |i: usize| mix((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let parameters = (0..BANDS * rows).map(|i| (random(2 * i) | 1, random(2 * i + 1))).collect();
        Self { parameters, rows }
    }

    /// Each band's bucket for a set.
    fn bands(&self, set: &Shingles) -> [u32; BANDS] {
        let mut least = vec![u32::MAX; self.parameters.len()];
        for shingle in &set.0 {
            let bits = mix((*shingle as u64) ^ mix((shingle >> 64) as u64));
            for (least, (factor, addend)) in least.iter_mut().zip(&self.parameters) {
                *least = (*least).min((bits.wrapping_mul(*factor).wrapping_add(*addend) >> 32) as u32);
            }
        }
        let mut bands = [0; BANDS];
        for (band, least) in bands.iter_mut().zip(least.chunks(self.rows)) {
            *band = (least.iter().fold(0, |bits, &value| mix(bits ^ u64::from(value))) >> 32) as u32;
        }
        bands
    }
}

/// Texts laid into buckets, where those that are alike meet.
#[derive(Debug)]
pub(super) struct Index<'a> {
    texts: &'a [&'a str],
    threshold: f64,
    /// Of each text, the number of shingles.
    sizes: Vec<u32>,
    /// Of each text and band, where its bucket begins in that band's order.
    starts: Vec<[u32; BANDS]>,
    /// Of each band, the texts, bucket after bucket, ascending in each.
    orders: Vec<Vec<u32>>,
}

/// The earlier texts that a text is a near duplicate of.
#[derive(Debug)]
pub(super) struct Matches {
    /// With their similarity, the most alike first.
    pub(super) found: Vec<(u32, f32)>,
    /// True where there were more candidates than were compared.
    pub(super) capped: bool,
}

/// The texts by their buckets of a band. The hashes of the band have then served; where each bucket begins
/// takes their place.
fn buckets(bands: &mut [[u32; BANDS]], band: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..bands.len() as u32).collect();
    order.par_sort_unstable_by_key(|&text| (bands[text as usize][band], text));
    let (mut begin, mut last) = (0, None);
    for (place, &text) in order.iter().enumerate() {
        let slot = &mut bands[text as usize][band];
        if last != Some(*slot) {
            (begin, last) = (place as u32, Some(*slot));
        }
        *slot = begin;
    }
    order
}

impl<'a> Index<'a> {
    pub(super) fn new(
        texts: &'a [&'a str],
        threshold: f64,
        progress: OnProgress<'_, DoctorProgress>,
    ) -> Result<Self> {
        let hashes = Hashes::new(threshold);
        let (mut sizes, mut starts) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
        let sketch = |text: usize| {
            let set = Shingles::of(texts[text]);
            (set.0.len() as u32, hashes.bands(&set))
        };
        in_turns(DoctorStage::Sketches, texts.len(), progress, sketch, |(size, bands)| {
            sizes.push(size);
            starts.push(bands);
        })?;
        let mut orders = Vec::with_capacity(BANDS);
        for band in 0..BANDS {
            progress(DoctorProgress { stage: DoctorStage::Sketches, done: texts.len(), total: texts.len() })?;
            orders.push(buckets(&mut starts, band));
        }
        Ok(Self { texts, threshold, sizes, starts, orders })
    }

    pub(super) fn matches(&self, text: usize) -> Matches {
        let mut met: Vec<u32> = Vec::new();
        let mut capped = false;
        for (order, &start) in self.orders.iter().zip(&self.starts[text]) {
            // The text is itself in its bucket, so the walk ends.
            let earlier = order[start as usize..].iter().take_while(|&&other| (other as usize) < text);
            let before = met.len();
            met.extend(earlier.take(BUCKET));
            capped |= met.len() - before == BUCKET && order[start as usize + BUCKET] as usize != text;
        }
        met.sort_unstable();
        let size = f64::from(self.sizes[text]);
        let mut candidates: Vec<(usize, u32)> = met
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len(), same[0]))
            // Jaccard is at most the smaller size over the larger.
            .filter(|(bands, other)| {
                let other = f64::from(self.sizes[*other as usize]);
                *bands >= SHARED && size.min(other) >= self.threshold * size.max(other)
            })
            .collect();
        candidates.sort_by_key(|&(bands, other)| (std::cmp::Reverse(bands), other));
        capped |= candidates.len() > MEASURED;
        candidates.truncate(MEASURED);
        let mut found = Vec::new();
        if !candidates.is_empty() {
            let own = Shingles::of(self.texts[text]);
            let measure = |&(_, other): &(usize, u32)| {
                let similarity = own.jaccard(&Shingles::of(self.texts[other as usize]));
                (similarity >= self.threshold).then_some((other, similarity as f32))
            };
            found.extend(candidates.iter().filter_map(measure));
            found.sort_by(|a: &(u32, f32), b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        }
        Matches { found, capped }
    }
}
