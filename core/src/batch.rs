//! Encodings to batches of near-equal length.

use frontdesk_models::encoder::TokenBatch;

use crate::tokenize::Encoding;

/// Tokens of one forward pass, padding counted: enough to keep the matrix products busy, small enough for the cache.
const TOKEN_BUDGET: usize = 2048;

/// One forward pass, and which encodings are in it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) members: Vec<usize>,
    pub(crate) tokens: TokenBatch,
}

/// Splits the encodings into batches, longest first, each within the token budget.
pub(crate) fn batches(encodings: &[&Encoding]) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..encodings.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(encodings[index].ids.len()));
    let mut rest = order.as_slice();
    let mut batches = Vec::new();
    while let Some(&longest) = rest.first() {
        let rows = (TOKEN_BUDGET / encodings[longest].ids.len().max(1)).clamp(1, rest.len());
        let (members, later) = rest.split_at(rows);
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
        fn every_encoding_is_in_one_batch_within_the_budget(lengths in prop::collection::vec(1usize..600, 0..80)) {
            let encodings: Vec<_> =
                lengths.iter().map(|&n| Encoding { ids: vec![7; n], truncated: false }).collect();
            let batches = batches(&encodings.iter().collect::<Vec<_>>());
            let mut seen: Vec<usize> = batches.iter().flat_map(|b| b.members.clone()).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                prop_assert!(batch.tokens.len() == 1 || batch.tokens.len() * batch.tokens.longest() <= TOKEN_BUDGET);
                for (member, ids) in batch.members.iter().zip(batch.tokens.sequences()) {
                    prop_assert_eq!(ids.len(), lengths[*member]);
                }
            }
        }
    }
}
