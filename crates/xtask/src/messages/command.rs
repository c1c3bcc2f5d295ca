//! `cargo xtask messages`: the list of every message that users see, in `docs/reference/messages.md`.
//!
//! A reviewer reads all errors, log lines and help texts in one place. The list is extracted from the sources, without
//! tests: attributes `#[error("…")]`, macros of `tracing`, doc comments that clap shows, and all other string literals
//! that look like a sentence.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use devtools::workspace::root;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta, Token};

use crate::tidy::INTERNAL;

/// The list, relative to the root of the repository.
const FILE: &str = "docs/reference/messages.md";

/// Introduction of the list.
const INTRODUCTION: &str = "\
# Messages

<!-- Generated from the sources by `cargo xtask messages`; CI compares it by `cargo xtask messages --check`. -->

Every text that the programs show to users, by crate. `{…}` stands for a value. Log lines are followed by their fields.
";

/// The arguments of `cargo xtask messages`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fail if the list differs from the sources, instead of writing it
    #[arg(long)]
    check: bool,
}

/// Writes or compares the list.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = root();
    let list = list(root)?;
    let path = root.join(FILE);
    if args.check {
        let written = fs::read_to_string(&path).unwrap_or_default();
        ensure!(
            written == list,
            "{FILE} differs from the sources; run `cargo xtask messages`"
        );
        return Ok(());
    }
    let folder = path.parent().context("the list is in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(&path, list).with_context(|| format!("cannot write {FILE}"))
}

/// Renders the messages of all crates.
fn list(root: &Path) -> anyhow::Result<String> {
    let mut text = INTRODUCTION.to_owned();
    for folder in sorted(&root.join("crates"))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let sources = folder.join("src");
        // Users do not see the texts of development tools.
        if INTERNAL.contains(&&*name) || !sources.is_dir() {
            continue;
        }
        let mut files = Vec::new();
        collect(&sources, &mut files)?;
        let mut messages = BTreeMap::new();
        for file in files {
            let path = file.strip_prefix(&folder)?.display().to_string();
            let source = fs::read_to_string(&file)?;
            let parsed = syn::parse_file(&source)
                .with_context(|| format!("cannot parse {}", file.display()))?;
            for (kind, message) in extract(&parsed) {
                let of_kind: &mut Vec<_> = messages.entry(kind).or_default();
                let line = format!("- {} ({path})", code(&message));
                if !of_kind.contains(&line) {
                    of_kind.push(line);
                }
            }
        }
        render(&name, &messages, &mut text)?;
    }
    Ok(text)
}

fn render(
    name: &str,
    messages: &BTreeMap<Kind, Vec<String>>,
    text: &mut String,
) -> anyhow::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    write!(text, "\n## {name}\n")?;
    for (kind, lines) in messages {
        write!(text, "\n### {}\n\n{}\n", kind.title(), lines.join("\n"))?;
    }
    Ok(())
}

/// The Rust files below `folder` that are not tests, sorted.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for path in sorted(folder)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if name == "tests" || name == "conformance" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A message as code in Markdown, in one line.
fn code(message: &str) -> String {
    let line = message.replace('\n', "\\n").replace('\t', "\\t");
    match line.contains('`') {
        true => format!("`` {line} ``"),
        false => format!("`{line}`"),
    }
}

/// Kind of a message: where it comes from in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The text of an error type.
    Error,
    /// A line in the log.
    Log,
    /// A description in `--help`.
    Help,
    /// Any other text.
    Other,
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Error => "Errors",
            Self::Log => "Log lines",
            Self::Help => "Help",
            Self::Other => "Other texts",
        }
    }
}

/// Returns the messages in a file, in the order of the source.
pub(super) fn extract(file: &syn::File) -> Vec<(Kind, String)> {
    let mut extractor = Extractor::default();
    extractor.visit_file(file);
    extractor.messages
}

#[derive(Debug, Default)]
pub(super) struct Extractor {
    messages: Vec<(Kind, String)>,
    /// True inside a type whose doc comments clap shows.
    in_clap_type: bool,
}

impl Extractor {
    fn add(&mut self, kind: Kind, text: &str) {
        let text = text.trim();
        if !text.is_empty() && (kind != Kind::Other || is_sentence(text)) {
            self.messages.push((kind, text.to_owned()));
        }
    }

    /// Visits an item with clap's help on or off.
    fn with_help(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.in_clap_type, derives_clap(attributes));
        visit(self);
        self.in_clap_type = outside;
    }

    fn log(&mut self, tokens: TokenStream) {
        let mut fields = Vec::new();
        for argument in arguments(tokens) {
            match argument.as_slice() {
                [TokenTree::Literal(literal)] => {
                    let Some(message) = string(&literal.to_string()) else {
                        continue;
                    };
                    let fields = fields.join(" ");
                    return self.add(Kind::Log, format!("{message} {fields}").trim());
                }
                tokens => fields.extend(field(tokens)),
            }
        }
    }

    /// Collects the literals of a macro whose arguments are not expressions.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut after_hash = false;
        for token in tokens {
            match &token {
                TokenTree::Group(group) => {
                    let is_attribute = after_hash && group.delimiter() == Delimiter::Bracket;
                    if !is_attribute {
                        self.tokens(group.stream());
                    }
                }
                TokenTree::Literal(literal) => {
                    if let Some(text) = string(&literal.to_string()) {
                        self.add(Kind::Other, &text);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
            after_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        }
    }
}

impl Visit<'_> for Extractor {
    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.with_help(&item.attrs, |this| visit::visit_item_struct(this, item));
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.with_help(&item.attrs, |this| visit::visit_item_enum(this, item));
    }

    fn visit_attribute(&mut self, attribute: &Attribute) {
        match &attribute.meta {
            Meta::List(list) if list.path.is_ident("error") => {
                let first = arguments(list.tokens.clone()).into_iter().next();
                if let Some([TokenTree::Literal(literal)]) = first.as_deref() {
                    let text = string(&literal.to_string()).unwrap_or_default();
                    self.add(Kind::Error, &text);
                }
            }
            Meta::NameValue(doc) if self.in_clap_type && doc.path.is_ident("doc") => {
                if let Expr::Lit(syn::ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) = &doc.value
                {
                    self.add(Kind::Help, &text.value());
                }
            }
            Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => {}
        }
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        match name.as_deref().unwrap_or_default() {
            "error" | "warn" | "info" | "debug" | "trace" => self.log(call.tokens.clone()),
            // These report bugs, not errors that a user can cause.
            "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "panic"
            | "unreachable" | "todo" | "concat" | "include_str" | "env" => {}
            _ => {
                let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
                match parser.parse2(call.tokens.clone()) {
                    Ok(arguments) => arguments.iter().for_each(|each| self.visit_expr(each)),
                    Err(_) => self.tokens(call.tokens.clone()),
                }
            }
        }
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        // The text of `expect` reports a bug.
        if call.method == "expect" {
            return self.visit_expr(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, literal: &syn::LitStr) {
        self.add(Kind::Other, &literal.value());
    }
}

/// Returns true for an item that is compiled for tests only.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition.contains("test") && !condition.contains("not")
        }
        meta => meta
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "test"),
    })
}

/// Returns true for a type whose doc comments clap shows.
fn derives_clap(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            let derives = list.tokens.to_string();
            ["Parser", "Args", "Subcommand", "ValueEnum"]
                .iter()
                .any(|name| derives.contains(name))
        }
        Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => false,
    })
}

/// Splits the arguments of a macro at the commas.
fn arguments(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    tokens.split(is_comma).map(<[TokenTree]>::to_vec).collect()
}

/// The name of a field of a log line, such as `wait=…` for `wait = %shown`.
fn field(tokens: &[TokenTree]) -> Option<String> {
    let mut name = String::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => name += &ident.to_string(),
            TokenTree::Punct(punct) if punct.as_char() == '=' => break,
            TokenTree::Punct(punct) if ['%', '?'].contains(&punct.as_char()) => {}
            TokenTree::Punct(punct) => name.push(punct.as_char()),
            TokenTree::Group(_) | TokenTree::Literal(_) => return None,
        }
    }
    (!name.is_empty()).then(|| format!("{name}=…"))
}

/// The value of a string literal.
fn string(literal: &str) -> Option<String> {
    match syn::parse_str::<Lit>(literal) {
        Ok(Lit::Str(text)) => Some(text.value()),
        _ => None,
    }
}

/// Returns true for a text of several words; code and formats of values have fewer.
fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| {
        let letters = word.trim_matches(|c: char| !c.is_alphabetic());
        letters.len() > 1
            && letters
                .chars()
                .all(|c| c.is_alphabetic() || "'-".contains(c))
    });
    words.count() > 1
}
