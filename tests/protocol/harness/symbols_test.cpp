// SPDX-License-Identifier: Apache-2.0
#include "harness/symbols.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace protocol {
namespace {

constexpr const char* kHeader = R"(
#include "other.hpp"
namespace norm {
namespace detail {
inline constexpr uint32_t kFirst = 1;  // wait();
inline constexpr Zone kZones[] = {{1, kFirst}, {2}};
}  // namespace detail

using other::Sum;
uint32_t declared(uint32_t rows);

template <const Tensor& tensor, uint32_t first = 0>
inline __attribute__((noinline, cold)) uint32_t page_of(uint32_t row) {
    if (row == 0) {
        return 0;
    }
    return row + first;  // 2 * row
}
inline uint32_t page_of() { return 2; }

enum class Place : uint32_t { kL1, kDram };

class List {
public:
    explicit List(uint32_t size) : size_(size % 8) {}
    [[nodiscard]] const Row& operator[](uint32_t row) const { return rows_[row]; }
    void wait() { wait_for(1); }

private:
    struct Row {
        uint32_t size = 1;
    };
    uint32_t size_ = 7;
    Row rows_[7];
};
inline void wait() { wait_for(2); }
inline void share() {
    wait(
        1,  // and so on
        2);
    wait(1, 3);
    wait(1, 3);
}
}  // namespace norm
)";

constexpr const char* kReader = "void kernel_main() { run(1); }\n";
constexpr const char* kWriter = "namespace norm {\nvoid run() {}\n}\nvoid kernel_main() { run(2); }\n";

[[nodiscard]] Symbols symbols() {
    return Symbols({{"list.hpp", kHeader}, {"reader.cpp", kReader}, {"writer.cpp", kWriter}});
}

// The line of the place, with "@" in it.
[[nodiscard]] std::string line_of(const std::string& symbol, const std::string& from) {
    const std::string text = symbols().replaced(symbol, from, "@").text;
    const std::size_t at = text.find('@');
    const std::size_t begin = text.find_first_not_of(' ', text.rfind('\n', at) + 1);
    return text.substr(begin, text.find('\n', at) - begin);
}

[[nodiscard]] std::string error_of(const std::string& symbol, const std::string& from) {
    try {
        static_cast<void>(symbols().replaced(symbol, from, "@"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

TEST(Symbols, say_in_which_definition_a_text_is) {
    EXPECT_EQ(line_of("share", "2"), "@);");
    EXPECT_EQ(line_of("kFirst", "1"), "inline constexpr uint32_t kFirst = @;  // wait();");
    EXPECT_EQ(line_of("kZones", "2"), "inline constexpr Zone kZones[] = {{1, kFirst}, {@}};");
    EXPECT_EQ(line_of("Place", "kL1"), "enum class Place : uint32_t { @, kDram };");
    EXPECT_EQ(line_of("size_", "7"), "uint32_t size_ = @;");
    EXPECT_EQ(line_of("Row", "1"), "uint32_t size = @;");
}

TEST(Symbols, are_called_by_as_much_of_their_name_as_it_takes) {
    EXPECT_EQ(line_of("List::wait", "wait_for"), "void wait() { @(1); }");
    EXPECT_EQ(line_of("norm::wait", "wait_for"), "inline void wait() { @(2); }");
    EXPECT_EQ(line_of("List::List", "8"), "explicit List(uint32_t size) : size_(size % @) {}");
    EXPECT_EQ(line_of("norm::List", "8"), "explicit List(uint32_t size) : size_(size % @) {}");
    EXPECT_EQ(line_of("operator[]", "rows_"),
              "[[nodiscard]] const Row& operator[](uint32_t row) const { return @[row]; }");
}

TEST(Symbols, of_a_kernel_have_its_name) {
    EXPECT_EQ(line_of("reader::kernel_main", "run"), "void kernel_main() { @(1); }");
    EXPECT_EQ(line_of("writer::kernel_main", "run"), "void kernel_main() { @(2); }");
    EXPECT_EQ(symbols().replaced("run", "{}", "").file, "writer.cpp");
}

TEST(Symbols, are_one_with_their_overloads) {
    EXPECT_EQ(line_of("page_of", "2;"), "inline uint32_t page_of() { return @ }");
    EXPECT_EQ(line_of("page_of", "row + first"), "return @;  // 2 * row");
    EXPECT_EQ(error_of("page_of", "uint32_t page_of("), "page_of has not exactly one \"uint32_t page_of(\"");
}

TEST(Symbols, have_places_whatever_spaces_and_comments) {
    EXPECT_EQ(line_of("share", "wait(1,2)"), "@;");
    EXPECT_EQ(line_of("share", " ( 1,\n2 "), "wait@);");
}

TEST(Symbols, that_are_not_defined_exactly_once_are_errors) {
    EXPECT_EQ(error_of("wait", "1"),
              "wait (for \"1\") is not defined exactly once: norm::List::wait in list.hpp, norm::wait in list.hpp");
    EXPECT_EQ(error_of("kernel_main", "1"),
              "kernel_main (for \"1\") is not defined exactly once: reader::kernel_main in reader.cpp, "
              "writer::kernel_main in writer.cpp");
    for (const char* const symbol : {"declared", "Sum", "ist"}) {
        EXPECT_EQ(error_of(symbol, "1"), symbol + std::string(" (for \"1\") is not defined exactly once: nowhere"));
    }
}

TEST(Symbols, without_exactly_one_such_place_are_errors) {
    for (const char* const text : {"4", "wait(1, 3)", "and so on"}) {
        EXPECT_EQ(error_of("share", text), "share has not exactly one \"" + std::string(text) + "\"");
    }
}

}  // namespace
}  // namespace protocol
