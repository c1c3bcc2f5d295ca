//! Parameters of a job as a struct: each one is declared once, with its type, default and help text.

use std::fmt;

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};

use mapreduce_core::{JobError, Param, Params};

/// Parameters of a job, read from `--param NAME=VALUE`. Declare them with [`job_params!`](crate::job_params).
pub trait JobParams: DeserializeOwned {
    /// Name, default and help text of each parameter, for [`JobInfo::params`](crate::JobInfo::params).
    const PARAMS: &'static [Param];

    /// Reads the given parameters. A parameter that is not given, or is empty, has its default.
    ///
    /// # Errors
    /// A parameter is unknown, missing, or not of its type. The message names it.
    fn read(params: &Params) -> Result<Self, JobError> {
        params.check(Self::PARAMS)?;
        let defaults = Self::PARAMS.iter().map(|param| {
            let given = params.get(param.name);
            (param.name, given.or(param.default).unwrap_or_default())
        });
        let values: Params = defaults.collect();
        let fields = Fields {
            rest: Self::PARAMS,
            current: None,
            values: &values,
        };
        Self::deserialize(de::value::MapAccessDeserializer::new(fields)).map_err(JobError::from)
    }
}

/// Declares the parameters of a job: a struct that implements [`JobParams`](crate::JobParams).
///
/// The doc comment of a field is the parameter's help text. The text behind `=` is its default, spelled as in
/// `--param NAME=VALUE`. `""` means not set, for an `Option` or a list. `required` means that there is no default.
/// A parameter whose name is not an identifier follows the field as `as "NAME"`.
///
/// A field can be a number, a `bool`, a `String`, a `Vec<String>` (separated by commas), an enum of unit variants, an
/// `Option` of these, or any other type that serde reads from a text. The crate `serde` with its feature `derive` must
/// be a dependency.
///
/// ```
/// use mapreduce_core::Params;
/// use mapreduce_job::{JobParams, job_params};
///
/// job_params! {
///     /// Parameters of the job `heaviest`.
///     struct HeaviestParams {
///         /// number of rows
///         k: u64 = "10",
///         /// column with the keys
///         key_column as "key.column": String = required,
///         /// columns to leave out, a,b,…
///         without: Vec<String> = "",
///     }
/// }
///
/// let given: Params = [("key.column", "city"), ("without", "a,b")].into_iter().collect();
/// let params = HeaviestParams::read(&given)?;
/// assert_eq!((params.k, params.key_column.as_str(), params.without.len()), (10, "city", 2));
/// assert_eq!(HeaviestParams::PARAMS[0].help, "number of rows");
/// # Ok::<(), mapreduce_core::JobError>(())
/// ```
#[macro_export]
macro_rules! job_params {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $Name:ident {
            $(
                #[doc = $help:literal]
                $field_visibility:vis $field:ident $(as $name:literal)?: $type:ty = $default:tt,
            )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, serde::Deserialize)]
        $visibility struct $Name {
            $(
                #[doc = $help]
                $(#[serde(rename = $name)])?
                $field_visibility $field: $type,
            )+
        }

        impl $crate::JobParams for $Name {
            const PARAMS: &'static [$crate::Param] = &[$(
                $crate::Param {
                    name: $crate::job_params!(@name $field $($name)?),
                    default: $crate::job_params!(@default $default),
                    help: str::trim_ascii($help),
                },
            )+];
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (@default required) => { None };
    (@default $text:literal) => { Some($text) };
}

/// Map of all parameters for serde.
struct Fields<'a> {
    rest: &'static [Param],
    /// Name of the parameter whose value is read next.
    current: Option<&'static str>,
    values: &'a Params,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some((param, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        self.current = Some(param.name);
        let name: StrDeserializer<'_, ReadError> = param.name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let name = self.current.take().unwrap_or_default();
        let value = Value {
            name,
            params: self.values,
        };
        let text = value.text();
        seed.deserialize(value)
            .map_err(|error| error.of_parameter(name, text))
    }
}

/// Value of one parameter for serde: a text that is parsed as the type of its field.
#[derive(Clone, Copy)]
struct Value<'a> {
    name: &'static str,
    params: &'a Params,
}

impl<'a> Value<'a> {
    fn text(&self) -> &'a str {
        self.params.get(self.name).unwrap_or_default()
    }
}

/// Parses numbers and booleans by [`Params::value`], whose errors say what the parameter must be.
macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let value = self.params.value(self.name, <$type>::default());
            visitor.$visit(value.map_err(ReadError::Parameter)?)
        })+
    };
}

impl<'de> de::Deserializer<'de> for Value<'_> {
    type Error = ReadError;

    parsed! {
        deserialize_bool visit_bool bool,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.text() {
            "" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_seq(SeqDeserializer::new(
            self.params.list(self.name).into_iter(),
        ))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let (name, text) = (self.name, self.text());
        if !variants.contains(&text) {
            return Err(ReadError::Parameter(JobError::permanent(format!(
                "the parameter {name}={text} must be {}",
                alternatives(variants)
            ))));
        }
        let variant: StrDeserializer<'_, ReadError> = text.into_deserializer();
        visitor.visit_enum(variant)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

/// Returns the texts as a list in words: `a, b or c`.
fn alternatives(texts: &[&str]) -> String {
    match texts {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => texts.concat(),
    }
}

/// Failure to read the parameters.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    /// The error names the parameter.
    #[error(transparent)]
    Parameter(JobError),
    /// The error of a type's own parser, which does not name the parameter.
    #[error("the parameters are invalid: {0}")]
    Type(String),
}

impl ReadError {
    /// Adds the parameter to an error that does not name it.
    fn of_parameter(self, name: &str, text: &str) -> Self {
        match self {
            Self::Parameter(_) => self,
            Self::Type(reason) => Self::Parameter(JobError::permanent(format!(
                "the parameter {name}={text} {reason}"
            ))),
        }
    }
}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Type(message.to_string())
    }
}

impl From<ReadError> for JobError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Parameter(error) => error,
            ReadError::Type(_) => Self::permanent(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Exact,
        List,
        Estimate,
    }

    #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
    #[serde(try_from = "String")]
    struct Even(u64);

    impl TryFrom<String> for Even {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, &'static str> {
            let number = text.parse().ok().filter(|number| number % 2 == 0);
            number.map(Self).ok_or("must be an even number")
        }
    }

    job_params! {
        /// Parameters of a test.
        struct TestParams {
            /// name
            name as "file.name": String = required,
            /// number
            number: i32 = "-3",
            /// optional number
            optional: Option<u64> = "",
            /// list
            list: Vec<String> = "",
            /// mode
            mode: Mode = "exact",
            /// even number
            even: Even = "2",
            /// flag
            flag: bool = "false",
        }
    }

    fn read(given: &[(&str, &str)]) -> Result<TestParams, JobError> {
        let name = [("file.name", "x")].into_iter();
        TestParams::read(&name.chain(given.iter().copied()).collect())
    }

    #[test]
    fn parameters_that_are_not_given_have_their_defaults() {
        let params = read(&[("number", "")]).unwrap();
        assert_eq!((params.name.as_str(), params.number), ("x", -3));
        assert_eq!((params.optional, params.list.len()), (None, 0));
        assert_eq!((params.mode, params.even.0), (Mode::Exact, 2));
        assert!(!params.flag);
        let params = read(&[("optional", "7"), ("list", "a, b"), ("mode", "list")]).unwrap();
        assert_eq!((params.optional, params.mode), (Some(7), Mode::List));
        assert_eq!(params.list, ["a", "b"]);
    }

    #[test]
    fn an_error_names_the_parameter_and_the_accepted_values() {
        for (name, value, message) in [
            ("file.name", "", "the parameter file.name is missing"),
            ("number", "x", "the parameter number=x must be an integer"),
            (
                "optional",
                "-1",
                "the parameter optional=-1 must be an integer from 0 to",
            ),
            (
                "mode",
                "all",
                "the parameter mode=all must be exact, list or estimate",
            ),
            ("even", "3", "the parameter even=3 must be an even number"),
            ("flag", "1", "the parameter flag=1 must be true or false"),
            ("other", "1", "unknown parameter other"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.to_string().starts_with(message), "{error}");
            assert!(error.is_permanent(), "{error}");
        }
    }
}
