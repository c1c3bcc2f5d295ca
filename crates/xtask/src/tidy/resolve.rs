//! Resolves paths to the modules that define what they name, through re-exports and globs.

use std::collections::BTreeSet;

use super::tree::{Import, Module, Tree};

/// Meaning of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A module.
    Module(usize),
    /// An item of a module.
    Item(usize),
}

impl Target {
    /// Returns the module that is named or that defines the item.
    pub(super) fn module(self) -> usize {
        match self {
            Self::Module(id) | Self::Item(id) => id,
        }
    }
}

/// A use of one module by another.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: usize,
    /// The path as written.
    pub(super) text: String,
}

/// Names that are being resolved. They end the recursion for modules that import each other.
type Visited = BTreeSet<(usize, String)>;

impl Tree {
    /// Returns every use of a module by another one.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for id in 0..self.modules.len() {
            self.add_import_uses(id, &mut uses);
            self.add_mention_uses(id, &mut uses);
        }
        uses.retain(|item| self.modules[item.from].path != self.modules[item.to].path);
        uses
    }

    fn add_import_uses(&self, id: usize, uses: &mut Vec<Use>) {
        let module = &self.modules[id];
        for import in &module.imports {
            let text = format!("use {}{}", import.path.join("::"), rename_of(import));
            let targets = if import.name == "*" {
                self.glob_targets(id, import)
            } else {
                self.resolve(id, &import.path, &mut Visited::new())
            };
            for target in targets {
                let to = target.module();
                if self.is_plain_reexport(id, import, to) || self.names_ancestor(id, target) {
                    continue;
                }
                uses.push(Use {
                    from: id,
                    to,
                    line: import.line,
                    text: text.clone(),
                });
            }
        }
    }

    fn add_mention_uses(&self, id: usize, uses: &mut Vec<Use>) {
        for mention in &self.modules[id].mentions {
            let first = &mention.path[0];
            // An imported item, such as the type in `Type::new()`, is reported at its import.
            let is_path_keyword = ["crate", "self", "super"].contains(&first.as_str());
            let starts_with_module = || {
                self.resolve_name(id, first, &mut Visited::new())
                    .iter()
                    .any(|target| matches!(target, Target::Module(_)))
            };
            if !is_path_keyword && !starts_with_module() {
                continue;
            }
            for target in self.resolve(id, &mention.path, &mut Visited::new()) {
                if !self.names_ancestor(id, target) {
                    let (to, line) = (target.module(), mention.line);
                    uses.push(Use {
                        from: id,
                        to,
                        line,
                        text: mention.path.join("::"),
                    });
                }
            }
        }
    }

    /// Returns the modules and items that the words of a module name through a glob import.
    fn glob_targets(&self, id: usize, import: &Import) -> BTreeSet<Target> {
        let module = &self.modules[id];
        let mut targets = BTreeSet::new();
        for target in self.resolve(id, &import.path, &mut Visited::new()) {
            let Target::Module(source) = target else {
                targets.insert(target);
                continue;
            };
            for word in module.words.iter().filter(|word| !module.declares(word)) {
                targets.extend(self.resolve_name(source, word, &mut Visited::new()));
            }
        }
        targets
    }

    /// Returns true if a module only re-exports an item of a module below it, without use in its code.
    fn is_plain_reexport(&self, id: usize, import: &Import, to: usize) -> bool {
        let module = &self.modules[id];
        let is_below = self.modules[to].path.starts_with(&module.path);
        import.public && is_below && !module.words.contains(&import.name)
    }

    /// Returns true if a path ends at the module itself or at one that contains it. Such a path uses no item.
    fn names_ancestor(&self, id: usize, target: Target) -> bool {
        let Target::Module(to) = target else {
            return false;
        };
        self.modules[id].path.starts_with(&self.modules[to].path)
    }

    /// Resolves a path in a module. Paths of other crates resolve to nothing.
    pub(super) fn resolve(
        &self,
        id: usize,
        path: &[String],
        visited: &mut Visited,
    ) -> BTreeSet<Target> {
        let Some((first, rest)) = path.split_first() else {
            return BTreeSet::new();
        };
        let mut targets = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(id)]),
            "super" => self.modules[id]
                .parent
                .map(Target::Module)
                .into_iter()
                .collect(),
            name => self.resolve_name(id, name, visited),
        };
        for segment in rest {
            let mut next = BTreeSet::new();
            for target in targets {
                match target {
                    // Variants and associated items belong to their type.
                    Target::Item(_) => _ = next.insert(target),
                    Target::Module(module) if segment == "super" => {
                        next.extend(self.modules[module].parent.map(Target::Module));
                    }
                    Target::Module(module) => {
                        next.extend(self.resolve_name(module, segment, visited));
                    }
                }
            }
            targets = next;
        }
        targets
    }

    /// Resolves a name of a module: what it defines, declares or imports.
    fn resolve_name(&self, id: usize, name: &str, visited: &mut Visited) -> BTreeSet<Target> {
        if !visited.insert((id, name.to_owned())) {
            return BTreeSet::new();
        }
        let module = &self.modules[id];
        let mut targets = BTreeSet::new();
        if module.items.contains(name) {
            targets.insert(Target::Item(id));
        }
        let children = module.children.get(name).into_iter().flatten();
        targets.extend(children.map(|child| Target::Module(*child)));
        for import in module.imports.iter().filter(|import| import.name == name) {
            targets.extend(self.resolve(id, &import.path, visited));
        }
        if targets.is_empty() {
            for import in module.imports.iter().filter(|import| import.name == "*") {
                let sources = self.resolve(id, &import.path, &mut visited.clone());
                for source in sources {
                    if let Target::Module(source) = source {
                        targets.extend(self.resolve_name(source, name, visited));
                    }
                }
            }
        }
        visited.remove(&(id, name.to_owned()));
        targets
    }
}

impl Module {
    /// Returns true if the module defines, declares or imports a name, other than by a glob.
    fn declares(&self, name: &str) -> bool {
        self.items.contains(name)
            || self.children.contains_key(name)
            || self.imports.iter().any(|import| import.name == name)
    }
}

fn rename_of(import: &Import) -> String {
    if import.name == "*" {
        return "::*".to_owned();
    }
    match import.path.last() {
        Some(last) if *last != import.name => format!(" as {}", import.name),
        _ => String::new(),
    }
}
