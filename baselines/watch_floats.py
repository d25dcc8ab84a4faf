"""Sees floats that a method's code makes, also those inside one expression that no name ever holds.

The source of the method's module is run again with every part of every expression passed through a watcher; what that
computes is what the method computes.
"""

import ast
import inspect
import sys
import types

import numpy as np

LARGE = 64
"""Values of an array from which on it counts as one that a hot loop works on."""

WATCHED = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Attribute, ast.IfExp, ast.NamedExpr)


class Watched(ast.NodeTransformer):
    """Wraps every watched expression: ``a * b`` becomes ``__watch__(a * b, line)``."""

    def visit(self, node):
        visited = super().visit(node)
        if isinstance(node, WATCHED) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            call = ast.Call(ast.Name("__watch__", ast.Load()), [visited, ast.Constant(node.lineno)], [])
            return ast.copy_location(call, node)
        return visited

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "super":  # finds its class by the frame it is called in
            return node
        return self.generic_visit(node)

    def untouched(self, node):
        return node

    visit_JoinedStr = visit_arguments = visit_AnnAssign = untouched

    def visit_FunctionDef(self, node):
        node.body = [self.visit(statement) for statement in node.body]
        return node


def watched_class(cls, note):
    """Return a class made of the source of ``cls``'s module, with ``note(place, value)`` called for every large array
    of floats that an expression gives; ``cls`` itself where there is no source."""
    module = sys.modules[cls.__module__]
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return cls
    file = module.__file__.rsplit("/", 1)[-1]

    def watch(value, line):
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size >= LARGE:
            note(f"{file}:{line}", value)
        return value

    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(__file__=module.__file__, __package__=module.__package__, __watch__=watch)
    exec(compile(ast.fix_missing_locations(Watched().visit(tree)), module.__file__, "exec"), copy.__dict__)
    found = copy.__dict__.get(cls.__name__)
    return found if inspect.isclass(found) else cls
