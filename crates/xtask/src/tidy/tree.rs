//! The modules of one crate, parsed from its source files. Code for tests only is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, ItemUse, Lit, Visibility};

use super::imports::{Mention, flatten};
use super::mentions::{Mentions, is_for_tests};

/// Reads source files, from disk or from a test's map.
pub(super) trait Loader {
    /// Returns the content of a file, `None` if it does not exist.
    fn load(&self, file: &Path) -> Option<String>;
}

/// Path of a module from the root of its crate; the root itself is empty.
pub(super) type ModulePath = Vec<String>;

/// One name that a `use` item brings into a module.
#[derive(Debug)]
pub(super) struct Import {
    /// The name in this module; `*` for a glob.
    pub(super) name: String,
    /// Segments of the path, as written.
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// True if other modules may import the name from here.
    pub(super) public: bool,
}

/// One type or trait that a module defines.
#[derive(Debug)]
pub(super) struct TypeName {
    pub(super) name: String,
    pub(super) line: usize,
    /// True if it is `pub` or `pub(crate)`.
    pub(super) public: bool,
}

/// One module: what it defines, imports and mentions.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) path: ModulePath,
    pub(super) parent: Option<usize>,
    pub(super) file: PathBuf,
    /// Child modules by name. `cfg` attributes may select between several of the same name.
    pub(super) children: BTreeMap<String, Vec<usize>>,
    /// Names of all items that are defined here.
    pub(super) items: BTreeSet<String>,
    pub(super) types: Vec<TypeName>,
    pub(super) imports: Vec<Import>,
    /// Paths of at least two segments in code and macros.
    pub(super) mentions: Vec<Mention>,
    /// First segments of all paths in code, and all identifiers in macros.
    pub(super) words: BTreeSet<String>,
}

/// All modules of a crate; the first is its root.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

impl Tree {
    /// Parses a crate, starting with its root file.
    pub(super) fn parse(root: &Path, loader: &dyn Loader) -> anyhow::Result<Self> {
        let mut tree = Self {
            modules: Vec::new(),
        };
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        tree.add_file(None, Vec::new(), root, folder, loader)?;
        Ok(tree)
    }

    /// Adds the module in `file`, whose child modules are found in `folder`.
    fn add_file(
        &mut self,
        parent: Option<usize>,
        path: ModulePath,
        file: &Path,
        folder: PathBuf,
        loader: &dyn Loader,
    ) -> anyhow::Result<usize> {
        let source = loader
            .load(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let parsed =
            syn::parse_file(&source).with_context(|| format!("cannot parse {}", file.display()))?;
        let module = Module {
            path,
            parent,
            file: file.to_owned(),
            ..Module::default()
        };
        self.add_items(module, &parsed.items, &folder, loader)
    }

    fn add_items(
        &mut self,
        module: Module,
        items: &[Item],
        folder: &Path,
        loader: &dyn Loader,
    ) -> anyhow::Result<usize> {
        let id = self.modules.len();
        self.modules.push(module);
        let mut mentions = Mentions::default();
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Mod(child) => self.add_child(id, child, folder, loader)?,
                Item::Use(item) => self.modules[id].add_imports(item),
                item => {
                    self.modules[id].add_definition(item);
                    mentions.add_item(item);
                }
            }
        }
        self.modules[id].mentions = mentions.paths;
        self.modules[id].words = mentions.words;
        Ok(id)
    }

    fn add_child(
        &mut self,
        parent: usize,
        item: &ItemMod,
        folder: &Path,
        loader: &dyn Loader,
    ) -> anyhow::Result<()> {
        let name = item.ident.to_string();
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let file = self.modules[parent].file.clone();
        let child = if let Some((_, items)) = &item.content {
            let module = Module {
                path,
                parent: Some(parent),
                file,
                ..Module::default()
            };
            self.add_items(module, items, &folder.join(&name), loader)?
        } else {
            let (file, folder) = locate(item, &name, &file, folder, loader)?;
            self.add_file(Some(parent), path, &file, folder, loader)?
        };
        self.modules[parent]
            .children
            .entry(name)
            .or_default()
            .push(child);
        Ok(())
    }
}

impl Module {
    fn add_imports(&mut self, item: &ItemUse) {
        // A path with leading colons names another crate.
        if item.leading_colon.is_some() {
            return;
        }
        let public = !matches!(item.vis, Visibility::Inherited);
        for (name, mention) in flatten(&item.tree) {
            let Mention { path, line } = mention;
            self.imports.push(Import {
                name,
                path,
                line,
                public,
            });
        }
    }

    fn add_definition(&mut self, item: &Item) {
        let (ident, vis) = match item {
            Item::Enum(item) => (&item.ident, &item.vis),
            Item::Struct(item) => (&item.ident, &item.vis),
            Item::Trait(item) => (&item.ident, &item.vis),
            Item::TraitAlias(item) => (&item.ident, &item.vis),
            Item::Type(item) => (&item.ident, &item.vis),
            Item::Union(item) => (&item.ident, &item.vis),
            Item::Const(item) => return self.add_name(item.ident.to_string()),
            Item::Fn(item) => return self.add_name(item.sig.ident.to_string()),
            Item::Static(item) => return self.add_name(item.ident.to_string()),
            Item::Macro(item) => {
                if let Some(ident) = &item.ident {
                    self.add_name(ident.to_string());
                }
                return;
            }
            _ => return,
        };
        self.types.push(TypeName {
            name: ident.to_string(),
            line: ident.span().start().line,
            public: is_visible_in_crate(vis),
        });
        self.add_name(ident.to_string());
    }

    fn add_name(&mut self, name: String) {
        self.items.insert(name);
    }
}

fn is_visible_in_crate(vis: &Visibility) -> bool {
    match vis {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

/// Returns the file of a declared module and the folder of its child modules.
fn locate(
    item: &ItemMod,
    name: &str,
    parent: &Path,
    folder: &Path,
    loader: &dyn Loader,
) -> anyhow::Result<(PathBuf, PathBuf)> {
    if let Some(path) = path_attribute(&item.attrs) {
        let file = parent.parent().unwrap_or(Path::new("")).join(path);
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((file, folder));
    }
    [format!("{name}.rs"), format!("{name}/mod.rs")]
        .iter()
        .map(|file| folder.join(file))
        .find(|file| loader.load(file).is_some())
        .map(|file| (file, folder.join(name)))
        .with_context(|| format!("{}: cannot find the module `{name}`", parent.display()))
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("path"))?;
    match &attribute.meta.require_name_value().ok()?.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(path),
            ..
        }) => Some(path.value()),
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
