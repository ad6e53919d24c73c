//! Core's values as Python sees them: the dataclasses of `frontdesk.types`, labels as strings, lists as tuples.

use frontdesk::{AbstainReason, Category, Polarity, Route};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// Becomes a Python value.
pub(crate) trait Mirror {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

/// Takes core's structures apart whole and calls the dataclass of the same fields: a field that is new there does not compile
/// here, and one that is new here alone fails every call.
macro_rules! mirror {
    ($($class:literal of [$($core:tt)+] { $($field:ident),+ $(,)? })+) => {$(
        impl $crate::mirror::Mirror for $($core)+ {
            fn mirror(self, py: pyo3::Python<'_>) -> pyo3::PyResult<pyo3::Bound<'_, pyo3::PyAny>> {
                static CLASS: pyo3::sync::PyOnceLock<pyo3::Py<pyo3::PyAny>> = pyo3::sync::PyOnceLock::new();
                let $($core)+ { $($field),+ } = self;
                let class = CLASS.import(py, "frontdesk.types", $class)?;
                pyo3::types::PyAnyMethods::call1(class, ($($field.mirror(py)?,)+))
            }
        }
    )+};
}
pub(crate) use mirror;

macro_rules! direct {
    ($($core:ty)+) => {$(
        impl Mirror for $core {
            fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                Ok(self.into_pyobject(py)?.to_owned().into_any())
            }
        }
    )+};
}
direct! { bool f64 u8 u32 u64 usize String &'static str }

impl Mirror for f32 {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        f64::from(self).mirror(py)
    }
}

macro_rules! label {
    ($($core:ty)+) => {$(
        impl Mirror for $core {
            fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                Ok(PyString::intern(py, &self.to_string()).into_any())
            }
        }
    )+};
}
label! { Polarity Category Route AbstainReason }

impl<T: Mirror> Mirror for Option<T> {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.map_or_else(|| Ok(py.None().into_bound(py)), |value| value.mirror(py))
    }
}

impl<T: Mirror> Mirror for Vec<T> {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let values: Vec<_> = self.into_iter().map(|value| value.mirror(py)).collect::<PyResult<_>>()?;
        Ok(PyTuple::new(py, values)?.into_any())
    }
}

impl<A: Mirror, B: Mirror> Mirror for (A, B) {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyTuple::new(py, [self.0.mirror(py)?, self.1.mirror(py)?])?.into_any())
    }
}
