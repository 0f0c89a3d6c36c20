#include <cstdio>
#include "harness/program.hpp"
using namespace protocol;
int main(int argc, char** argv) {
    Case value;
    for (int i = 1; i + 1 < argc; i += 2) set_option(value, argv[i], argv[i + 1]);
    Toolchain t{PROTOCOL_COMPILER, PROTOCOL_KERNELS, PROTOCOL_FOLDER, PROTOCOL_CACHE};
    auto plan = to_plan(value);
    if (!plan) { std::puts("refused"); return 1; }
    Units units(t, plan->compile_time_arguments);
    try { run_case(value, *plan, units); std::puts("ok"); } catch (const Finding& f) { std::printf("%s: %s\n", name_of(f.rule()), f.what()); return 1; }
}
