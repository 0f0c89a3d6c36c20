// libFuzzer's entry, for compilers that have it: plan_fuzz -len_control=0 -max_len=1024 -max_total_time=SECONDS
// [CORPUS_FOLDER].
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "arbitrary_problem.hpp"
#include "try_plan.hpp"

namespace {

// The bytes as numbers; zeros once they are used up.
class ByteReader {
public:
    ByteReader(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), left_(size) {}

    std::uint64_t operator()() {
        // Four bytes a number, so that short inputs say much; the upper half repeats them.
        std::uint32_t number = 0;
        const std::size_t taken = left_ < sizeof number ? left_ : sizeof number;
        std::memcpy(&number, bytes_, taken);
        bytes_ += taken;
        left_ -= taken;
        return std::uint64_t{number} << 32U | number;
    }

private:
    const std::uint8_t* bytes_;
    std::size_t left_;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace layernorm_fused_rm::tests;
    const auto problem = arbitrary_problem(ByteReader(bytes, size));
    const Outcome outcome = try_plan(problem);
    if (!outcome.fault.empty()) {
        std::fprintf(stderr, "broken: %s\n%s", outcome.fault.c_str(), describe_problem(problem).c_str());
        std::abort();
    }
    return 0;
}
