"""Vendors' models: package:// through folders above, ROS's folders and installed packages; xacro."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from layout import packages
from layout.errors import AssetError
from layout.files.own_arm import arm_from_urdf
from layout.files.scenario import check_scenario
from layout.files.xacro import plain_urdf
from layout.model.library import ArmModel
from tests.files import library, shapes

HAVE = {name: importlib.util.find_spec(name) is not None for name in ("xacrodoc", "rtbdata")}
UR = packages.find_file("package://ur_description/urdf/ur5_robot.urdf", Path())
EXTRA = "the extra 'robots' is not installed (pip install 'line-layout[robots]')"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    packages._roots.cache_clear()
    yield
    packages._roots.cache_clear()


def package(folder: Path) -> Path:
    """A package `vendor` with an arm whose meshes it names by package://."""
    (folder / "vendor" / "urdf").mkdir(parents=True)
    (folder / "vendor" / "meshes").mkdir()
    shapes.put(folder / "vendor" / "meshes", shapes.box((-0.1, -0.1, 0), (0.1, 0.1, 0.3)), "base.stl")
    urdf = shapes.ARM_URDF.replace(
        '<cylinder radius="0.15" length="0.3"/>', '<mesh filename="package://vendor/meshes/base.stl"/>'
    )
    path = folder / "vendor" / "urdf" / "arm.urdf"
    path.write_text(urdf)
    return path


def test_a_package_is_found_above_and_in_ros_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = package(tmp_path / "ros")
    name = "package://vendor/urdf/arm.urdf"
    assert packages.find_file(name, tmp_path) is None
    assert packages.find_file(name, tmp_path / "ros") == arm
    assert packages.find_file(name, arm.parent) == arm
    monkeypatch.setenv("ROS_PACKAGE_PATH", str(tmp_path / "ros"))
    packages._roots.cache_clear()
    assert packages.find_file(name, tmp_path) == arm
    assert packages.find_mesh("package://vendor/meshes/base.stl", tmp_path / "x.urdf") is not None


def test_a_package_is_found_among_python_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path / "site")
    (tmp_path / "site" / "vendor" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    packages._roots.cache_clear()
    assert packages.find_file("package://vendor/urdf/arm.urdf", tmp_path) is not None


@pytest.mark.parametrize(
    "name", ["package://", "package:///", "package://..", "package://../x.urdf", "package://a\0b/c"]
)
def test_odd_package_names_are_nothing(tmp_path: Path, name: str) -> None:
    assert packages.find_file(name, tmp_path) is None


def test_a_scenario_names_a_package(tmp_path: Path) -> None:
    library.build(tmp_path / "lib")
    package(tmp_path)
    text = shapes.OWN.replace("model: press.stl", "model: lib/press").replace(
        "    ports:\n      bed: {kind: inout, by: [arm], at: [0, -0.3, 0.8], retreat: [0, -0.5, 0.1]}\n", ""
    )
    path = tmp_path / "cell.yaml"
    path.write_text(text.replace("model: lib/handler", "model: package://vendor/urdf/arm.urdf, payload: 9 kg"))
    made, odd = check_scenario(path)
    arm = made.models["package://vendor/urdf/arm.urdf"]
    assert isinstance(arm, ArmModel)
    assert arm.payload_kg == 9.0
    assert any("6 joints" in problem.what and problem.line for problem in odd)
    path.write_text(text.replace("model: lib/handler", "model: package://vendor/urdf/amr.urdf"))
    with pytest.raises(Exception, match=r"no such file in any package.*robots") as caught:
        check_scenario(path)
    assert "transport.handler.model" in str(caught.value)


XACRO = """<robot name="arm" xmlns:xacro="http://www.ros.org/wiki/xacro">
  <xacro:include filename="$(find vendor)/urdf/rest.xacro"/>
  <xacro:rest/>
</robot>
"""


def test_xacro_without_xacrodoc_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "arm.urdf.xacro"
    path.write_text(XACRO)
    monkeypatch.setitem(__import__("sys").modules, "xacrodoc", None)
    with pytest.raises(AssetError, match=r"needs xacrodoc.*line-layout\[robots\]"):
        plain_urdf(path)


@pytest.mark.skipif(not HAVE["xacrodoc"], reason=EXTRA)
def test_xacro_is_expanded_with_its_packages(tmp_path: Path) -> None:
    arm = package(tmp_path)
    inside = arm.read_text().split("\n", 1)[1].replace("</robot>", "")
    (arm.parent / "rest.xacro").write_text(
        '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"><xacro:macro name="rest">'
        f"{inside}</xacro:macro></robot>"
    )  # fmt: skip
    path = arm.parent / "arm.urdf.xacro"
    path.write_text(XACRO)
    loaded = arm_from_urdf(path, tip=None, payload_kg=5.0)
    plain = arm_from_urdf(arm, tip=None, payload_kg=5.0)
    assert isinstance(loaded.model, ArmModel) and isinstance(plain.model, ArmModel)
    assert loaded.model.joints == plain.model.joints
    assert {label for label, _ in loaded.files} == {"arm.urdf.xacro", "base.stl"}
    path.write_text(XACRO.replace("find vendor", "find vender"))
    with pytest.raises(AssetError, match="cannot be expanded"):
        arm_from_urdf(path, tip=None, payload_kg=5.0)


VENDORS = [
    ("package://ur_description/urdf/ur5_robot.urdf", 6, 0.92, UR is not None),
    ("package://ur_description/urdf/ur10_robot.urdf", 6, 1.30, UR is not None),
    ("package://panda_description/urdf/panda.urdf", 7, 0.80, UR is not None),
    ("package://kuka_kr210/urdf/kr210l150.urdf", 6, 3.28, HAVE["rtbdata"]),
    ("package://kuka_kr120/urdf/kr120r2500pro.urdf", 6, 2.50, HAVE["rtbdata"]),
    ("package://kuka_kr10/urdf/kr10r1100sixx.xacro", 6, 1.18, HAVE["rtbdata"] and HAVE["xacrodoc"]),
    ("package://kuka_kr16_support/urdf/kr16_2.xacro", 6, 1.61, HAVE["rtbdata"] and HAVE["xacrodoc"]),
]


@pytest.mark.parametrize(
    ("name", "joints", "reach", "there"), VENDORS, ids=[case[0].split("/")[-1] for case in VENDORS]
)
def test_vendors_arms(name: str, joints: int, reach: float, there: bool) -> None:
    """Reach as the datasheets have it, to the last joint instead of the wrist's centre."""
    if not there:
        pytest.skip(EXTRA)
    path = packages.find_file(name, Path())
    assert path is not None
    model = arm_from_urdf(path, tip=None, payload_kg=None).model
    assert isinstance(model, ArmModel)
    assert len(model.joints) == joints
    assert model.reach_m == pytest.approx(reach, abs=0.02)
