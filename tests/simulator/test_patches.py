# SPDX-License-Identifier: Apache-2.0
"""The patches: they refuse an unknown wolfpine, and each one cures what it names."""

from types import SimpleNamespace

import pytest
from launcher import patches


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(patches.metadata, "version", lambda name: "2.3")
    with pytest.raises(patches.UnexpectedWolfpine, match="wolfpine 2.2, but 2.3 is installed"):
        patches.check_version()


def test_changed_code_is_refused():
    with pytest.raises(patches.UnexpectedWolfpine, match="does not contain"):
        patches.expect_source(patches.check_version, "a line that is not there")


@pytest.mark.parametrize(("flips", "configured", "moved"), [(False, 0, False), (False, 1, True), (True, 0, True)])
def test_unpacker_row_moves_only_where_configured(kept_attributes, monkeypatch, flips, configured, moved):
    from framework.pe.tensix.backends.unpacker import UnPackerUnit

    calls = []
    kept_attributes(UnPackerUnit, "flip_src_banks")
    monkeypatch.setattr(patches, "expect_source", lambda *_: None)
    UnPackerUnit.flip_src_banks = lambda self, *arguments: calls.append(arguments)
    patches.patch_unpacker_row_base()
    unit = SimpleNamespace(
        unpacker_id=1,
        backend=SimpleNamespace(getThreadConfigValue=lambda thread, key: 0),
        getConfigValue=lambda state, key: configured if key == "THCON_SEC1_REG2_Unpack_Src_Reg_Set_Upd" else 0,
    )
    UnPackerUnit.flip_src_banks(unit, flips, 0)
    assert bool(calls) == moved


@pytest.mark.parametrize(
    ("setting", "message"),
    [("STACC_RELU_ApplyRelu", "ReLU"), ("THCON_SEC0_REG1_Pack_L1_Acc", "L1 accumulation"), (None, None)],
)
def test_packer_features_wolfpine_ignores_are_refused(kept_attributes, setting, message):
    from framework.pe.tensix.backends.packer import PackerUnit

    packed = []
    kept_attributes(PackerUnit, "handle_pacr")
    PackerUnit.handle_pacr = lambda self, *arguments: packed.append(arguments)
    patches.refuse_packer_features()
    unit = SimpleNamespace(
        backend=SimpleNamespace(getThreadConfigValue=lambda thread, key: 0, blackhole=False),
        getConfigValue=lambda state, key: int(key == setting),
        participating_packers=lambda mask: (0,),
        getIPackerConfig=lambda *_: "THCON_SEC0_REG1_",
    )
    if setting is None:
        PackerUnit.handle_pacr(unit, {}, 0, {"PackSel": 1})
        assert packed
    else:
        with pytest.raises(patches.NotSimulated, match=message):
            PackerUnit.handle_pacr(unit, {}, 0, {"PackSel": 1})


@pytest.mark.parametrize(("includes_sender", "expected"), [(False, [(1, 2)]), (True, [(1, 1), (1, 2)])])
def test_multicast_reaches_its_sender_only_on_request(kept_attributes, monkeypatch, includes_sender, expected):
    from framework.network import tt_noc

    initiator = next(c for c in vars(tt_noc.NUI).values() if hasattr(c, "handle_multicast_write_transfer"))
    kept_attributes(initiator, "handle_multicast_write_transfer")
    kept_attributes(tt_noc, "rectangle_destinations")
    monkeypatch.setattr(patches, "expect_source", lambda *_: None)
    reached = []
    initiator.handle_multicast_write_transfer = lambda self: reached.extend(tt_noc.rectangle_destinations(1, 1, 1, 2))
    patches.patch_multicast_source()
    sender = SimpleNamespace(resolve_destination=lambda cell: sender if cell == (1, 1) else object())
    request = SimpleNamespace(ctrl=(1 << 17) * includes_sender, nui=sender)
    initiator.handle_multicast_write_transfer(request)
    assert reached == expected


# In the NoC's own coordinates, in which all traffic goes right and down, on a torus of 10 x 12.
X_FIRST = (("X", 10, 8), ("X", 10, 9), ("Y", 0, 10), ("Y", 0, 11), ("Y", 0, 0))
Y_FIRST = (("Y", 8, 10), ("Y", 8, 11), ("Y", 8, 0), ("X", 1, 8), ("X", 1, 9))


def test_unicasts_on_noc_1_turn_the_other_way_than_noc_0s(kept_attributes):
    from framework.network import tt_noc

    initiator = patches._initiator_class(tt_noc)
    kept_attributes(initiator, "handle_multicast_write_transfer")
    kept_attributes(tt_noc.NUI, "route_links_to")
    far = SimpleNamespace(x_coord=0, y_coord=1)
    fields = {"x_coord": 8, "y_coord": 10, "noc_grid_x": 10, "noc_grid_y": 12, "noc_latency": 1, "noc_link_registry": 1}
    interfaces = [SimpleNamespace(noc_number=number, **fields) for number in (0, 1)]
    routes = lambda: [tt_noc.NUI.route_links_to(interface, far) for interface in interfaces]
    multicasts = []
    initiator.handle_multicast_write_transfer = lambda self: multicasts.extend(routes())
    assert routes() == [X_FIRST, X_FIRST]
    patches.patch_routes_of_noc_1()
    assert routes() == [X_FIRST, Y_FIRST]
    initiator.handle_multicast_write_transfer(None)
    assert multicasts == [X_FIRST, X_FIRST]
    assert routes() == [X_FIRST, Y_FIRST]


def test_read_from_a_coordinate_without_a_tile_raises(kept_attributes):
    from framework.network.tt_noc import NUI, NullEndpoint

    kept_attributes(NullEndpoint, "transmit")
    patches.refuse_reads_of_nowhere()
    request = NUI.NoCDataRequest(0x1000, NUI.NoCDataRequest.DataRequestAction.READ, 32, (1, 1), 0)
    with pytest.raises(
        patches.NotSimulated, match=r"NoC read of 32 bytes from NoC coordinate \(0, 2\), address 0x1000"
    ):
        NullEndpoint((0, 2)).transmit(request)


@pytest.mark.parametrize(
    ("funct3", "dividend", "divisor", "expected"),
    [
        (4, -7, 2, -3),
        (4, 7, 0, -1),
        (4, -(2**31), -1, -(2**31)),
        (6, -7, 2, -1),
        (6, 7, 0, 7),
        (7, 7, 0, 7),
        (5, 7, 0, -1),
    ],
)
def test_division_follows_the_manual(kept_attributes, funct3, dividend, divisor, expected):
    from framework.pe.register.register import Register
    from framework.pe.register.register_file import RegisterFile
    from framework.pe.rv.isa.m_isa import RV_M_ISA

    kept_attributes(RV_M_ISA, "run")
    patches.patch_division()
    registers = RegisterFile([Register(4) for _ in range(34)], {})
    registers[1].write(dividend.to_bytes(4, "little", signed=True))
    registers[2].write(divisor.to_bytes(4, "little", signed=True))
    assert RV_M_ISA.run(registers, None, False, 1 << 25 | 2 << 20 | 1 << 15 | funct3 << 12 | 3 << 7 | 0x33)
    assert registers[3].read_int() == expected
