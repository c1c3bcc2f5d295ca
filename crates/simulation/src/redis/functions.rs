//! The function library, executed by Lua as in Redis.

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::commands::execute;
use super::data::Dataset;
use super::reply::{Reply, Step};

/// The Lua interpreter and the libraries that it has loaded.
#[derive(Debug)]
pub(super) struct Functions {
    lua: Lua,
    /// Texts of the libraries and tables of their functions. There are few, so a list is fast enough.
    libraries: Vec<(Arc<str>, Table)>,
}

impl Functions {
    /// Returns an interpreter whose `redis.call` acts on `data`.
    pub(super) fn new(data: &Arc<Mutex<Dataset>>) -> mlua::Result<Self> {
        let lua = Lua::new();
        let redis = lua.create_table()?;
        for (name, raises) in [("call", true), ("pcall", false)] {
            let data = Arc::clone(data);
            let call = move |lua: &Lua, args: MultiValue| called(lua, &data, args, raises);
            redis.set(name, lua.create_function(call)?)?;
        }
        lua.globals().set("redis", redis)?;
        let json = lua.create_table()?;
        json.set("encode", lua.create_function(encode)?)?;
        json.set("decode", lua.create_function(decode)?)?;
        lua.globals().set("cjson", json)?;
        let libraries = Vec::new();
        Ok(Self { lua, libraries })
    }

    /// Loads a library unless it is already loaded. Returns the table of its functions.
    pub(super) fn load(&mut self, text: &Arc<str>) -> Step<&Table> {
        let known = |(known, _): &(Arc<str>, Table)| Arc::ptr_eq(known, text) || known == text;
        let at = if let Some(at) = self.libraries.iter().position(known) {
            at
        } else {
            let functions = self
                .registered(text)
                .map_err(|error| Reply::err(&format!("Error compiling function: {error}")))?;
            self.libraries.push((Arc::clone(text), functions));
            self.libraries.len() - 1
        };
        Ok(&self.libraries[at].1)
    }

    /// Runs the text of a library and returns the functions that it registers.
    fn registered(&self, text: &str) -> mlua::Result<Table> {
        let functions = self.lua.create_table()?;
        let into = functions.clone();
        let register = self.lua.create_function(move |_, args: MultiValue| {
            let mut args = args.into_iter();
            match (args.next(), args.next()) {
                (Some(Value::Table(named)), _) => {
                    let name: String = named.get("function_name")?;
                    into.set(name, named.get::<Function>("callback")?)
                }
                (Some(name), Some(function)) => into.set(name, function),
                _ => Err(mlua::Error::runtime(
                    "wrong arguments for register_function",
                )),
            }
        })?;
        let redis: Table = self.lua.globals().get("redis")?;
        redis.set("register_function", register)?;
        // The first line names the library and the language, and is not Lua.
        let (_, body) = text.split_once('\n').unwrap_or_default();
        self.lua.load(body).exec()?;
        Ok(functions)
    }

    /// Calls the function `name` of the library `text`.
    pub(super) fn call(
        &mut self,
        text: Option<&Arc<str>>,
        name: &str,
        keys: &[&[u8]],
        args: &[&[u8]],
    ) -> Step<Reply> {
        let missing = || Reply::err("Function not found");
        let text = text.ok_or_else(missing)?;
        let function = self.load(text)?.get::<Option<Function>>(name);
        let function = function.ok().flatten().ok_or_else(missing)?;
        let answer = self.run(&function, keys, args);
        answer.map_err(|error| Reply::err(&error.to_string().replace(['\r', '\n'], " ")))
    }

    fn run(&self, function: &Function, keys: &[&[u8]], args: &[&[u8]]) -> mlua::Result<Reply> {
        let list = |items: &[&[u8]]| {
            let items = items.iter().map(|item| self.lua.create_string(item));
            self.lua
                .create_sequence_from(items.collect::<mlua::Result<Vec<_>>>()?)
        };
        let answer: Value = function.call((list(keys)?, list(args)?))?;
        Ok(from_lua(&answer))
    }
}

/// Implements `redis.call`, which raises errors, and `redis.pcall`, which returns them.
fn called(lua: &Lua, data: &Mutex<Dataset>, args: MultiValue, raises: bool) -> mlua::Result<Value> {
    let args: mlua::Result<Vec<Vec<u8>>> = args.into_iter().map(|arg| argument(&arg)).collect();
    let reply = execute(
        &mut data.lock().unwrap_or_else(PoisonError::into_inner),
        &args?,
    );
    match reply {
        Reply::Error(text) if raises => Err(mlua::Error::runtime(text)),
        reply => to_lua(lua, reply),
    }
}

fn argument(value: &Value) -> mlua::Result<Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        // Redis formats numbers of Lua without a decimal point if they are whole.
        Value::Number(number) => Ok(format!("{number}").into_bytes()),
        other => Err(mlua::Error::runtime(format!(
            "Lua redis lib command arguments must be strings or integers, not {}",
            other.type_name()
        ))),
    }
}

fn to_lua(lua: &Lua, reply: Reply) -> mlua::Result<Value> {
    let named = |name: &str, text: String| {
        let table = lua.create_table()?;
        table.set(name, text)?;
        Ok(Value::Table(table))
    };
    match reply {
        Reply::Status(word) => named("ok", word),
        Reply::Error(text) => named("err", text),
        Reply::Int(number) => Ok(Value::Number(number as f64)),
        Reply::Bulk(bytes) => Ok(Value::String(lua.create_string(bytes)?)),
        Reply::Nil => Ok(Value::Boolean(false)),
        Reply::Array(items) => {
            let items = items.into_iter().map(|item| to_lua(lua, item));
            let items = items.collect::<mlua::Result<Vec<_>>>()?;
            Ok(Value::Table(lua.create_sequence_from(items)?))
        }
    }
}

fn from_lua(value: &Value) -> Reply {
    match value {
        Value::Boolean(true) => Reply::Int(1),
        Value::Integer(number) => Reply::Int(*number),
        Value::Number(number) => Reply::Int(*number as i64),
        Value::String(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Value::Table(table) => {
            let word = |name: &str| table.raw_get::<Option<String>>(name).ok().flatten();
            if let Some(text) = word("err") {
                return Reply::Error(text);
            }
            if let Some(text) = word("ok") {
                return Reply::Status(text);
            }
            let mut items = Vec::new();
            for at in 1.. {
                match table.raw_get::<Value>(at) {
                    Ok(Value::Nil) | Err(_) => break,
                    Ok(item) => items.push(from_lua(&item)),
                }
            }
            Reply::Array(items)
        }
        _ => Reply::Nil,
    }
}

/// Implements `cjson.encode` for text.
fn encode(_: &Lua, text: mlua::String) -> mlua::Result<String> {
    let text = serde_json::to_string(&text.to_string_lossy());
    // lua-cjson escapes slashes.
    Ok(text.map_err(mlua::Error::external)?.replace('/', "\\/"))
}

/// Implements `cjson.decode`.
fn decode(lua: &Lua, text: mlua::String) -> mlua::Result<Value> {
    let value = serde_json::from_slice(&text.as_bytes()).map_err(mlua::Error::external)?;
    json(lua, &value)
}

fn json(lua: &Lua, value: &serde_json::Value) -> mlua::Result<Value> {
    Ok(match value {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(yes) => Value::Boolean(*yes),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::String(lua.create_string(text)?),
        serde_json::Value::Array(items) => {
            let items = items.iter().map(|item| json(lua, item));
            let items = items.collect::<mlua::Result<Vec<_>>>()?;
            Value::Table(lua.create_sequence_from(items)?)
        }
        serde_json::Value::Object(fields) => {
            let table = lua.create_table()?;
            for (name, value) in fields {
                table.set(name.as_str(), json(lua, value)?)?;
            }
            Value::Table(table)
        }
    })
}
