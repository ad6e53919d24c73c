//! Figures of the page, drawn as SVG whose texts stay texts.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::*;
use serde::Serialize;

use crate::learn::evaluate::{Automation, CoveragePoint, ReliabilityBin};
use crate::learn::train::progress::Point;
use crate::{Error, ErrorKind, Result};

/// The size in the units of the figures' coordinates; the page scales them.
const SIZE: (u32, u32) = (440, 300);

const FONT: u32 = 17;

/// The colours by the names that the page's style sheet has for them, with which it replaces them in the
/// dark. As they stand here they are for white paper.
const PALETTE: [(&str, RGBColor); 4] = [("ink", INK), ("rule", RULE), ("first", FIRST), ("second", SECOND)];
const INK: RGBColor = RGBColor(0x3A, 0x42, 0x4E);
const RULE: RGBColor = RGBColor(0xC9, 0xCF, 0xD8);
const FIRST: RGBColor = RGBColor(0x1D, 0x5F, 0xC4);
const SECOND: RGBColor = RGBColor(0xB4, 0x53, 0x09);

/// A colour of the figures.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Colour {
    name: &'static str,
    hex: String,
}

/// Returns the colours behind the style sheet's names.
pub(super) fn palette() -> Vec<Colour> {
    let hex = |RGBColor(r, g, b)| format!("#{r:02X}{g:02X}{b:02X}");
    PALETTE.iter().map(|&(name, colour)| Colour { name, hex: hex(colour) }).collect()
}

/// A drawn figure.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figure {
    title: &'static str,
    /// A sentence that describes the plot.
    description: String,
    width: u32,
    height: u32,
    /// The elements inside of `svg`; no text of a user is among them.
    svg: String,
    /// The name and the colour's name of each line.
    legend: Vec<(&'static str, &'static str)>,
}

/// The range of an axis, where it has its marks, and with how many decimals.
struct Axis {
    name: &'static str,
    marks: Vec<f64>,
    decimals: usize,
}

impl Axis {
    fn scale(&self) -> Scale {
        Scale(self.marks.clone())
    }
}

/// A linear scale from the first of its marks to the last.
struct Scale(Vec<f64>);

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let Range { start, end } = self.range();
        from + (f64::from(to - from) * (value - start) / (end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Between the marks are no finer ones.
        if hint.weight().allow_light_points() { Vec::new() } else { self.0.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.0.first().copied().unwrap_or(0.0)..self.0.last().copied().unwrap_or(1.0)
    }
}

/// Points that belong together.
struct Line {
    colour: RGBColor,
    points: Vec<(f64, f64)>,
    dashed: bool,
    /// A radius for each point that is drawn; none for a line alone.
    radii: Vec<f64>,
}

/// The mean training loss of each epoch.
pub(super) fn loss(curve: &[Point], kept: usize) -> Result<Figure> {
    let points = curve.iter().map(|point| (point.epoch as f64, point.loss)).collect();
    of_epochs("Training loss", "mean loss", points, kept)
}

/// A head's validation metric at the end of each epoch.
pub(super) fn metric(curve: &[Point], head: usize, kept: usize) -> Result<Figure> {
    let value = |point: &Point| Some((point.epoch as f64, *point.metrics.get(head)?));
    of_epochs("Validation metric", "metric", curve.iter().filter_map(value).collect(), kept)
}

fn of_epochs(
    title: &'static str,
    name: &'static str,
    points: Vec<(f64, f64)>,
    kept: usize,
) -> Result<Figure> {
    let last = points.last().map_or(1.0, |point| point.0);
    let lowest = points.iter().map(|point| point.1).fold(0.0, f64::min);
    let highest = points.iter().map(|point| point.1).fold(f64::MIN_POSITIVE, f64::max);
    let x = Axis { name: "epoch", marks: marks(0.0, last, 1.0), decimals: 0 };
    let y = marks(lowest, highest, 0.0);
    let y = Axis { name, decimals: decimals(&y), marks: y };
    let at = points.iter().find(|point| (point.0 - kept as f64).abs() < 0.5).copied();
    let height = *y.marks.last().unwrap_or(&1.0);
    let described = |(first, best, last): ((f64, f64), (f64, f64), (f64, f64))| {
        let (kept, epochs) = (best.0, last.0);
        format!(
            "{:.3} after the first epoch, {:.3} after epoch {kept}, which was kept, {:.3} after epoch {epochs}, the last.",
            first.1, best.1, last.1
        )
    };
    let ends = points.first().copied().zip(points.last().copied());
    let description =
        ends.zip(at).map_or_else(String::new, |((first, last), best)| described((first, best, last)));
    let mut lines = vec![Line { colour: FIRST, radii: Vec::new(), dashed: false, points }];
    if let Some(at) = at {
        let foot = y.marks[0];
        let rule = vec![(at.0, foot), (at.0, height)];
        lines.push(Line { colour: SECOND, points: rule, dashed: true, radii: Vec::new() });
        lines.push(Line { colour: FIRST, points: vec![at], dashed: false, radii: vec![4.0] });
    }
    let legend = vec![(name, "first"), ("the epoch that was kept", "second")];
    Figure::draw(title, description, &x, &y, &lines, legend)
}

/// Mean score and share of right ones in bins, before the calibration and after it.
pub(super) fn reliability(before: &[ReliabilityBin], after: &[ReliabilityBin]) -> Result<Figure> {
    let of_bins = |bins: &[ReliabilityBin], colour, dashed| {
        let all = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
        let filled = || bins.iter().filter_map(|bin| Some((bin, bin.confidence?, bin.accuracy?)));
        Line {
            colour,
            dashed,
            points: filled().map(|(_, confidence, accuracy)| (confidence, accuracy)).collect(),
            radii: filled().map(|(bin, ..)| 2.0 + 5.0 * (bin.count as f64 / all).sqrt()).collect(),
        }
    };
    let diagonal =
        Line { colour: INK, points: vec![(0.0, 0.0), (1.0, 1.0)], dashed: true, radii: Vec::new() };
    let lines = [diagonal, of_bins(before, SECOND, true), of_bins(after, FIRST, false)];
    let description = "The mean score of each bin against the share that was right. On the dashed diagonal scores are probabilities; \
        below it they promise too much. A larger circle stands for more rows.";
    Figure::draw(
        "Reliability",
        description.to_owned(),
        &share("mean score", 0.0),
        &share("share that was right", 0.0),
        &lines,
        vec![("after calibration", "first"), ("before", "second")],
    )
}

/// The precision of the kept labels against their coverage.
pub(super) fn coverage(curve: &[CoveragePoint], automation: Option<&Automation>) -> Result<Figure> {
    let points: Vec<(f64, f64)> = curve.iter().map(|point| (point.coverage, point.precision)).collect();
    let wanted = automation.map(|automation| automation.wanted);
    let lowest = points.iter().map(|point| point.1).chain(wanted).fold(1.0, f64::min);
    let y = share("precision", (lowest * 5.0).floor() / 5.0);
    let mut lines = vec![Line { colour: FIRST, points, dashed: false, radii: Vec::new() }];
    let mut legend = vec![("precision of what is kept", "first")];
    if let Some(wanted) = wanted {
        let rule = vec![(0.0, wanted), (1.0, wanted)];
        lines.push(Line { colour: SECOND, points: rule, dashed: true, radii: Vec::new() });
        legend.push(("the precision that was asked for", "second"));
    }
    let whole = curve.last().map_or(0.0, |point| point.precision);
    let description = format!(
        "Where only answers of the highest scores are kept, more of them are right. Of all answers, {whole:.3} are."
    );
    Figure::draw("Precision and coverage", description, &share("share kept", 0.0), &y, &lines, legend)
}

/// An axis from `low` to 1.
fn share(name: &'static str, low: f64) -> Axis {
    let low = low.clamp(0.0, 0.8);
    let step = if low < 0.5 { 0.2 } else { 0.1 };
    let count = ((1.0 - low) / step).round() as usize;
    let marks = (0..=count).map(|mark| 1.0 - (count - mark) as f64 * step).collect();
    Axis { name, marks, decimals: 1 }
}

/// Round numbers around `low` and `high`, four to eight of them, no nearer to each other than `least`.
fn marks(low: f64, high: f64, least: f64) -> Vec<f64> {
    let span = (high - low).max(1e-9);
    let steps = (-9..=15).flat_map(|tens| [1.0, 2.0, 5.0].map(|times| times * 10f64.powi(tens)));
    let step = steps.into_iter().find(|step| *step >= least && span / step <= 6.0).unwrap_or(span);
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last.max(first + 1)).map(|mark| mark as f64 * step).collect()
}

/// Decimals that distinguish the marks.
fn decimals(marks: &[f64]) -> usize {
    let step = marks.get(1).zip(marks.first()).map_or(1.0, |(b, a)| b - a);
    let whole = |decimals: &i32| {
        let shown = step * 10f64.powi(*decimals);
        (shown - shown.round()).abs() < 1e-6
    };
    (0..9).find(whole).unwrap_or(9) as usize
}

impl Figure {
    fn draw(
        title: &'static str,
        description: String,
        x: &Axis,
        y: &Axis,
        lines: &[Line],
        legend: Vec<(&'static str, &'static str)>,
    ) -> Result<Self> {
        let mut svg = String::new();
        drawn(&mut svg, x, y, lines).map_err(|e| Error::new(ErrorKind::Internal, format!("{title}: {e}")))?;
        // The page opens the element itself, with a title and a description.
        let inside = svg.trim_end().strip_suffix("</svg>").and_then(|svg| svg.split_once(">\n"));
        let svg = inside.map_or_else(String::new, |(_, inside)| inside.to_owned());
        Ok(Self { title, description, width: SIZE.0, height: SIZE.1, svg, legend })
    }
}

type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn drawn(svg: &mut String, x: &Axis, y: &Axis, lines: &[Line]) -> Drawn {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(10)
        .margin_right(16)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(x.scale(), y.scale())?;
    let text = |size: u32| ("sans-serif", size).into_font().color(&INK);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(RULE)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(text(FONT))
        .axis_desc_style(text(FONT))
        .x_desc(x.name)
        .y_desc(y.name)
        .x_label_formatter(&|value| format!("{value:.*}", x.decimals))
        .y_label_formatter(&|value| format!("{value:.*}", y.decimals))
        .draw()?;
    for line in lines {
        let style = line.colour.stroke_width(2);
        if line.dashed {
            chart.draw_series(DashedLineSeries::new(
                line.points.clone(),
                5,
                4,
                line.colour.stroke_width(1),
            ))?;
        } else {
            chart.draw_series(LineSeries::new(line.points.clone(), style))?;
        }
        // Not by colour alone: circles of a dashed line are hollow.
        let filled = if line.dashed { style } else { line.colour.filled() };
        let circles = line.points.iter().zip(&line.radii);
        chart.draw_series(
            circles.map(|(&point, &radius)| Circle::new(point, radius.round() as i32, filled)),
        )?;
    }
    root.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_around_what_is_shown() {
        assert_eq!(marks(0.0, 3.0, 1.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(marks(0.0, 93.0, 0.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        for (low, high) in [(0.0, 1.0), (0.0, 1e-6), (-3.2, 17.0), (0.0, 40.0), (0.0, 1e7)] {
            let found = marks(low, high, 0.0);
            assert!((3..=9).contains(&found.len()), "{low} to {high}: {found:?}");
            assert!(found[0] <= low && *found.last().unwrap() >= high, "{low} to {high}: {found:?}");
        }
        assert_eq!((decimals(&[0.0, 0.25]), decimals(&[0.0, 20.0]), decimals(&[0.0, 0.002])), (2, 0, 3));
    }
}
