//! `text_form!`: serde for types whose one outer form is a string.
//!
//! Ids, names, codes and digests cross wires and lie in rows as text. Deriving would either expose
//! their inside or need serde's `rc` feature, and would skip their grammar when reading.
//!
//! INVARIANT: what is read goes through `FromStr`; no value exists that its parser would refuse.

/// Serialises through `Display`.
macro_rules! serialize_as_text {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

/// Serialises through `Display`, deserialises through `FromStr`.
macro_rules! text_form {
    ($($name:ty),+ $(,)?) => {$(
        $crate::domain::text_form::serialize_as_text!($name);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use {serialize_as_text, text_form};
