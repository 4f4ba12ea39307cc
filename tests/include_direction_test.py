"""Dependencies point one way: every include of core/ and ui/ goes to the same folder or to one that
core/CMakeLists.txt or ui/CMakeLists.txt allows (directly or through what it depends on)."""
import pathlib
import re
import sys

top = pathlib.Path(__file__).resolve().parent.parent
depends: dict[str, set[str]] = {}
folder_of: dict[str, str] = {}
for table in ("core/CMakeLists.txt", "ui/CMakeLists.txt"):
    for name, folder, rest in re.findall(r"kubarium_(?:ui_)?library\((\w+)\s+(\S+)([^)]*)\)", (top / table).read_text()):
        folder_of[folder] = name
        after = re.search(r"DEPENDS\s+((?:\w+\s*)+)", rest)
        names = after.group(1).split() if after else []
        depends[name] = set(names[: names.index("LIBRARIES")] if "LIBRARIES" in names else names)


def reachable(name: str) -> set[str]:
    found, stack = set(), [name]
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack.extend(depends.get(current, ()))
    return found


def owner(path: str) -> str | None:
    best = max((f for f in folder_of if path.startswith(f + "/")), key=len, default=None)
    return folder_of[best] if best else None


errors, checked = [], 0
for source in sorted([*top.glob("core/**/*.h"), *top.glob("core/**/*.cpp"), *top.glob("ui/**/*.h"), *top.glob("ui/**/*.cpp")]):
    path = str(source.relative_to(top))
    mine = owner(path)
    if mine is None:
        errors.append(f"{path}: its folder is in no CMakeLists.txt table")
        continue
    allowed = reachable(mine)
    for number, line in enumerate(source.read_text().splitlines(), 1):
        match = re.match(r'\s*#include\s+[<"]((?:core|ui|app|tests)/[^>"]+)[>"]', line)
        if not match:
            if path.startswith("core/") and re.match(r"\s*#include\s+<Q[A-Z]", line):
                errors.append(f"{path}:{number}: core is free of Qt")
            continue
        checked += 1
        target = owner(match.group(1))
        if target is None or target not in allowed:
            errors.append(f"{path}:{number}: {mine} must not include {match.group(1)}")
print(f"{checked} includes checked, {len(errors)} wrong")
print("\n".join(errors))
sys.exit(1 if errors or checked == 0 else 0)
