//! Core's values for Python: the dataclasses of `frontdesk.types`, labels as strings, lists as
//! tuples.

use frontdesk::doctor::{DataFile, FindingKind, Severity};
use frontdesk::evaluate::Effect;
use frontdesk::prepare::Removed;
use frontdesk::{AbstainReason, Category, Polarity, Route, Rule};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// Becomes a Python value.
pub(crate) trait Mirror {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

/// Makes values of a frozen dataclass with slots. Their own `__init__` takes six times as long.
pub(crate) struct Maker {
    class: Py<PyAny>,
    new: Py<PyAny>,
    setters: Vec<Py<PyAny>>,
}

impl Maker {
    /// Of a class of `frontdesk.types` that has these fields in this order, and no other.
    pub(crate) fn new(py: Python<'_>, class: &str, fields: &[&str]) -> PyResult<Self> {
        let class = py.import("frontdesk.types")?.getattr(class)?;
        if class.getattr("__match_args__")?.extract::<Vec<String>>()? != fields {
            return Err(PyTypeError::new_err(format!("{class} has other fields than {}", fields.join(", "))));
        }
        let setter = |field: &&str| Ok(class.getattr(*field)?.getattr("__set__")?.unbind());
        let setters = fields.iter().map(setter).collect::<PyResult<_>>()?;
        let new = py.import("builtins")?.getattr("object")?.getattr("__new__")?;
        Ok(Self { class: class.unbind(), new: new.unbind(), setters })
    }

    pub(crate) fn make<'py, const N: usize>(
        &self,
        py: Python<'py>,
        values: [Bound<'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>> {
        let made = self.new.bind(py).call1((&self.class,))?;
        for (setter, value) in self.setters.iter().zip(values) {
            setter.bind(py).call1((&made, value))?;
        }
        Ok(made)
    }
}

/// Takes core's structures apart whole and makes the dataclass of the same fields: a field that is new there
/// does not compile here, and one that is new here alone fails every call.
macro_rules! mirror {
    ($($class:literal of [$($core:tt)+] { $($field:ident),+ $(,)? })+) => {$(
        impl $crate::mirror::Mirror for $($core)+ {
            fn mirror(self, py: pyo3::Python<'_>) -> pyo3::PyResult<pyo3::Bound<'_, pyo3::PyAny>> {
                static MAKER: pyo3::sync::PyOnceLock<$crate::mirror::Maker> = pyo3::sync::PyOnceLock::new();
                let $($core)+ { $($field),+ } = self;
                let maker = MAKER.get_or_try_init(py, || $crate::mirror::Maker::new(py, $class, &[$(stringify!($field)),+]))?;
                maker.make(py, [$($field.mirror(py)?),+])
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
label! { Polarity Category Route Rule AbstainReason Removed Effect DataFile FindingKind Severity }

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
