//! Encodings to forward passes: how many tokens one may have.

use frontdesk_models::encoder::TokenBatch;

use super::tokenize::Encoding;

/// Tokens of one forward pass, those of the padding counted where the encoder pads: enough to fill the waves
/// of the packed path and the units of an accelerator, few enough that another caller's message does not wait
/// long. docs/performance.md has the curve.
pub(crate) const TOKEN_BUDGET: usize = 1024;

/// The number of rows of these lengths, from the first on, that fit into one pass: one at least.
pub(crate) fn fitting(lengths: impl Iterator<Item = usize>) -> usize {
    let within = |budget: &mut usize, length: usize| {
        *budget = budget.checked_sub(length)?;
        Some(())
    };
    lengths.scan(TOKEN_BUDGET, within).count().max(1)
}

/// One forward pass, and which encodings are in it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) members: Vec<usize>,
    pub(crate) tokens: TokenBatch,
}

/// Splits the encodings into passes: in their order, or longest first for an encoder that pads, where each
/// costs as much as the longest of its pass.
pub(crate) fn batches(encodings: &[&Encoding], pads: bool) -> Vec<Batch> {
    let length = |index: usize| encodings[index].ids.len();
    let mut order: Vec<usize> = (0..encodings.len()).collect();
    if pads {
        order.sort_by_key(|&index| std::cmp::Reverse(length(index)));
    }
    let mut rest = order.as_slice();
    let mut batches = Vec::new();
    while let Some(&first) = rest.first() {
        let cost = |&index: &usize| length(if pads { first } else { index });
        let (members, later) = rest.split_at(fitting(rest.iter().map(cost)));
        let tokens = TokenBatch::new(members.iter().map(|&index| &encodings[index].ids));
        batches.push(Batch { members: members.to_vec(), tokens });
        rest = later;
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_encoding_is_in_one_batch_within_the_budget(
            lengths in prop::collection::vec(1usize..600, 0..80),
            pads: bool,
        ) {
            let encodings: Vec<_> =
                lengths.iter().map(|&n| Encoding { ids: vec![7; n], truncated: false, whole: n }).collect();
            let batches = batches(&encodings.iter().collect::<Vec<_>>(), pads);
            let mut seen: Vec<usize> = batches.iter().flat_map(|b| b.members.clone()).collect();
            prop_assert!(pads || seen.is_sorted());
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                let longest = batch.tokens.longest();
                let cost = |ids: &[u32]| if pads { longest } else { ids.len() };
                let tokens: usize = batch.tokens.sequences().map(cost).sum();
                prop_assert!(batch.tokens.len() == 1 || tokens <= TOKEN_BUDGET);
                for (member, ids) in batch.members.iter().zip(batch.tokens.sequences()) {
                    prop_assert_eq!(ids.len(), lengths[*member]);
                }
            }
        }
    }
}
