//! Copies, word for word and nearly so: within a file, from one file in the other, with another label.

use super::corpus::Corpus;
use super::finding::{Finding, FindingKind, FindingRow, Severity, rows};
use super::groups::{Groups, NONE, Partners};
use super::near::{Index, Matches};
use super::normal::{digest, form, is_blank};
use super::{DoctorProgress, DoctorStage, in_turns};
use crate::{OnProgress, Result};

/// A row and the one that it is like.
#[derive(Debug, Clone, Copy)]
struct Pair {
    other: u32,
    similarity: f32,
    /// Word for word.
    same: bool,
}

/// Pairs of each sort; of a sort, a row is in one: with the row that it is most like, the first of these.
#[derive(Debug, Default)]
struct Pairs {
    twins: Vec<(u32, Pair)>,
    conflicts: Vec<(u32, Pair)>,
    leaks: Vec<(u32, Pair)>,
    /// Rows that were not compared with all that they may be like.
    uncompared: Vec<u32>,
}

pub(super) fn examine(
    corpus: &Corpus<'_>,
    threshold: f64,
    progress: OnProgress<'_, DoctorProgress>,
) -> Result<Vec<Finding>> {
    let (mut texts, mut forms) = (Groups::new(corpus), Groups::new(corpus));
    let keys = |row: usize| {
        let text = corpus.rows[row].text;
        (row as u32, (!is_blank(text)).then(|| (digest(text), digest(&form(text)))))
    };
    in_turns(DoctorStage::Texts, corpus.rows.len(), progress, keys, |(row, keys)| {
        if let Some((text, form)) = keys {
            texts.add(row, text);
            forms.add(row, form);
        }
    })?;
    texts.close();
    forms.close();

    // One text of each form: texts that are the same but for digits and punctuation would only crowd the
    // buckets.
    let unlike: Vec<&str> =
        (0..forms.len()).map(|group| corpus.rows[forms.first(group) as usize].text).collect();
    let index = Index::new(&unlike, threshold, progress)?;
    let members = forms.members();
    let mut groups = members.chunk_by(|&a, &b| forms.of[a as usize] == forms.of[b as usize]);
    let mut pairs = Pairs::default();
    let look = |group: usize| index.matches(group);
    in_turns(DoctorStage::NearDuplicates, forms.len(), progress, look, |matches| {
        for &row in groups.next().unwrap_or_default() {
            pairs.of_row(row, &texts, &forms, &matches);
        }
    })?;
    Ok(pairs.findings(corpus))
}

impl Pairs {
    fn of_row(&mut self, row: u32, texts: &Groups<'_>, forms: &Groups<'_>, matches: &Matches) {
        let own = [(texts, texts.of[row as usize], 1.0, true), (forms, forms.of[row as usize], 1.0, false)];
        debug_assert!(own.iter().all(|(_, group, ..)| *group != NONE), "a blank row is of no group");
        let near = matches.found.iter().map(|&(group, similarity)| (forms, group, similarity, false));
        let (mut twin, mut conflict, mut leak) = (None, None, None);
        for (groups, group, similarity, same) in own.into_iter().chain(near) {
            let pair = |other| Pair { other, similarity, same };
            let partners: Partners = groups.partners(group, row);
            twin = twin.or(partners.twin.map(pair));
            conflict = conflict.or(partners.conflict.map(pair));
            leak = leak.or(partners.leak.map(pair));
        }
        self.twins.extend(twin.map(|pair| (row, pair)));
        self.conflicts.extend(conflict.map(|pair| (row, pair)));
        self.leaks.extend(leak.map(|pair| (row, pair)));
        if matches.capped {
            self.uncompared.push(row);
        }
    }

    fn findings(self, corpus: &Corpus<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add =
            |kind, severity, mut pairs: Vec<(u32, Pair)>, message: &dyn Fn(usize, usize) -> String| {
                if pairs.is_empty() {
                    return;
                }
                // Found form by form, reported by file and line.
                pairs.sort_by_key(|(row, _)| *row);
                let same = pairs.iter().filter(|(_, pair)| pair.same).count();
                let message = message(pairs.len(), same);
                let point = |(row, pair): (u32, Pair)| FindingRow {
                    other: Some(corpus.rows[pair.other as usize].place),
                    similarity: Some(pair.similarity),
                    ..FindingRow::new(corpus.rows[row as usize].place)
                };
                findings.push(Finding::new(kind, severity, message, pairs.into_iter().map(point).collect()));
            };
        add(FindingKind::Leak, Severity::Stop, self.leaks, &|count, same| {
            format!(
                "{} to validate on with a text that is trained on, {same} of them word for word, {} nearly so: the \
                 validation would reward memory",
                rows(count),
                count - same
            )
        });
        add(FindingKind::ConflictingLabels, Severity::Warn, self.conflicts, &|count, same| {
            format!(
                "{} whose text has another label elsewhere, {same} of them word for word, {} nearly so",
                rows(count),
                count - same
            )
        });
        let (same, near) = self.twins.into_iter().partition(|(_, pair)| pair.same);
        add(FindingKind::Duplicate, Severity::Note, same, &|count, _| {
            format!(
                "{} whose text and label stand earlier in the same file; a validation split drawn from the file would \
                 have copies of what is trained on",
                rows(count)
            )
        });
        add(FindingKind::NearDuplicate, Severity::Note, near, &|count, _| {
            format!("{} nearly the same as an earlier row of the same file and label", rows(count))
        });
        if !self.uncompared.is_empty() {
            let mut uncompared = self.uncompared;
            uncompared.sort_unstable();
            let message = format!(
                "{} with more look-alikes than a text is compared with: near duplicates among them may be missed",
                rows(uncompared.len())
            );
            let point = |row: u32| FindingRow::new(corpus.rows[row as usize].place);
            let rows_found = uncompared.into_iter().map(point).collect();
            findings.push(Finding::new(FindingKind::UncomparedText, Severity::Note, message, rows_found));
        }
        findings
    }
}
