//! The paths that the code of a module mentions.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemUse, Macro, Meta, Path, Token, Visibility};

use super::imports::{Mention, flatten};

/// Collects the paths of items.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub(super) paths: Vec<Mention>,
    /// First segments of all paths, and all identifiers in macros.
    pub(super) words: BTreeSet<String>,
}

impl Mentions {
    /// Adds the paths in one item of a module.
    pub(super) fn add_item(&mut self, item: &Item) {
        visit::visit_item(self, item);
    }

    /// Adds the paths in the tokens of a macro, which need not be Rust syntax.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut current: Option<Mention> = None;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    self.words.insert(ident.to_string());
                    match &mut current {
                        Some(mention) if colons == 2 => mention.path.push(ident.to_string()),
                        _ => {
                            self.push(current.take());
                            current = Some(Mention {
                                path: vec![ident.to_string()],
                                line: ident.span().start().line,
                            });
                        }
                    }
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.push(current.take());
                    colons = 0;
                    self.add_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.push(current.take());
                    colons = 0;
                }
            }
        }
        self.push(current);
    }

    fn push(&mut self, mention: Option<Mention>) {
        self.paths
            .extend(mention.filter(|mention| mention.path.len() > 1));
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let mentions = flatten(&item.tree).into_iter().map(|(_, mention)| mention);
            self.paths.extend(mentions);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let for_tests = matches!(item, ImplItem::Fn(function) if is_for_tests(&function.attrs));
        if !for_tests {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            let segments: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            if let Some(first) = segments.first() {
                self.words.insert(first.clone());
            }
            let line = path
                .segments
                .first()
                .map_or(0, |s| s.ident.span().start().line);
            self.push(Some(Mention {
                path: segments,
                line,
            }));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        self.add_tokens(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {
        // The path of `pub(in path)` is not a use of that module.
    }
}

/// Returns true if an item is compiled for tests only.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && conditions(attribute).iter().any(|meta| implies_test(meta)))
    })
}

fn conditions(attribute: &Attribute) -> Vec<Meta> {
    attribute
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .map(|metas| metas.into_iter().collect())
        .unwrap_or_default()
}

fn implies_test(meta: &Meta) -> bool {
    let Meta::List(list) = meta else {
        return meta.path().is_ident("test");
    };
    let Ok(conditions) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
    else {
        return false;
    };
    if list.path.is_ident("all") {
        conditions.iter().any(implies_test)
    } else {
        list.path.is_ident("any") && conditions.iter().all(implies_test)
    }
}
