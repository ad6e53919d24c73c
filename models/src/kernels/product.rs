//! Products of plain row-major matrices for training, by the `gemm` crate. Weights change with every step, so
//! packing them as the serving path does would cost as much as it saves.

use gemm::Parallelism;

/// A matrix in row-major order, or its transpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    /// Between an element and the one below it, and the one beside it.
    strides: (isize, isize),
}

impl<'a> View<'a> {
    /// As many rows of `columns` values as there are.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        assert!(columns > 0 && data.len().is_multiple_of(columns), "whole rows");
        Self { data, rows: data.len() / columns, columns, strides: (columns.cast_signed(), 1) }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            strides: (self.strides.1, self.strides.0),
            data: self.data,
        }
    }
}

/// `to = a · b`, or `to += a · b` with `keep`, on so many threads of the pool. Each value is summed in one
/// order, whatever their number.
///
/// # Panics
/// Where the shapes do not fit.
pub(crate) fn product(a: View<'_>, b: View<'_>, to: &mut [f32], keep: bool, threads: usize) {
    let (m, n, k) = (a.rows, b.columns, a.columns);
    assert!(b.rows == k && to.len() == m * n, "shapes that fit");
    let parallelism = if threads > 1 { Parallelism::Rayon(threads) } else { Parallelism::None };
    // SAFETY: the three slices have as many elements as their rows and columns say (`View::new` and the
    // assertion above), and the strides walk just these; `to` is borrowed mutably, so it overlaps neither
    // of the others.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            n.cast_signed(),
            keep,
            a.data.as_ptr(),
            a.strides.1,
            a.strides.0,
            b.data.as_ptr(),
            b.strides.1,
            b.strides.0,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}
