//! Core's values for JavaScript: the same names in camel case, labels as strings, every number a
//! double.

use frontdesk::doctor::{DataFile, FindingKind, Severity};
use frontdesk::evaluate::Effect;
use frontdesk::prepare::Removed;
use frontdesk::{AbstainReason, Category, DecisionRecord, Polarity, Route, Rule};
use serde_json::Value;

/// Made from core's value.
pub(crate) trait Mirror<C> {
    fn of(core: C) -> Self;
}

/// Declares structures with core's fields, each with its type here, and takes core's apart whole to make
/// them: a field that is new there does not compile here.
/// The documentation is a string, since a comment that went through this would reach JavaScript as Rust's
/// source.
macro_rules! mirror {
    ($($([$doc:tt])+ $name:ident of [$($core:tt)+] {
        $($(#[$attr:meta])* $field:ident: [$($type:tt)+],)+
    })+) => {$(
        $(#[doc = $doc])+
        #[napi_derive::napi(object, object_from_js = false)]
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$attr])* pub $field: $($type)+,)+ }

        impl $crate::mirror::Mirror<$($core)+> for $name {
            fn of(core: $($core)+) -> Self {
                let $($core)+ { $($field),+ } = core;
                Self { $($field: $crate::mirror::Mirror::of($field)),+ }
            }
        }
    )+};
}
pub(crate) use mirror;

macro_rules! direct {
    ($($core:ty => $own:ty: $make:expr;)+) => {
        $(impl Mirror<$core> for $own {
            fn of(core: $core) -> Self {
                $make(core)
            }
        })+
    };
}
direct! {
    bool => bool: std::convert::identity;
    f64 => f64: std::convert::identity;
    f32 => f64: f64::from;
    u8 => f64: f64::from;
    u64 => f64: |count| count as f64;
    usize => f64: |count| count as f64;
    String => String: std::convert::identity;
    &str => String: str::to_owned;
    Polarity => String: |label: Polarity| label.to_string();
    Category => String: |label: Category| label.to_string();
    Route => String: |label: Route| label.to_string();
    Rule => String: |label: Rule| label.to_string();
    AbstainReason => String: |label: AbstainReason| label.to_string();
    Effect => String: |label: Effect| label.to_string();
    DataFile => String: |label: DataFile| label.to_string();
    FindingKind => String: |label: FindingKind| label.to_string();
    Severity => String: |label: Severity| label.to_string();
    Removed => String: |kind: Removed| kind.to_string();
    // As core writes it, so that core can read it again. Numbers and strings can always be written.
    Box<DecisionRecord> => Value: |record: Box<DecisionRecord>| serde_json::to_value(record).unwrap_or_default();
    // Absent where it is false, as in core's own JSON.
    bool => Option<bool>: |set: bool| set.then_some(set);
}

impl<C, T: Mirror<C>> Mirror<Option<C>> for Option<T> {
    fn of(core: Option<C>) -> Self {
        core.map(T::of)
    }
}

/// Absent where it is empty, as in core's own JSON.
impl<C, T: Mirror<C>> Mirror<Vec<C>> for Option<Vec<T>> {
    fn of(core: Vec<C>) -> Self {
        (!core.is_empty()).then(|| Mirror::of(core))
    }
}

impl<C, T: Mirror<C>> Mirror<Vec<C>> for Vec<T> {
    fn of(core: Vec<C>) -> Self {
        core.into_iter().map(T::of).collect()
    }
}
