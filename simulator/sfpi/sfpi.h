// SPDX-License-Identifier: Apache-2.0
// Stand-in for SFPI's sfpi.h: what LLK's headers need of it in order to be parsed by a stock compiler.
//
// SFPI's vector types are known to Tenstorrent's own compiler only. Here every operation on them is declared and none
// is defined, so a header that mentions them parses, and a kernel that really uses one fails at link with the name of
// what it used ("undefined reference to sfpi::..."), never silently. What ttnn.layer_norm uses has bodies in raw SFPU
// instructions: ckernel_sfpu_{rsqrt,binop_with_unary,square}.h in this folder, which the JIT's include order puts
// before LLK's own. Vectors convert to each other freely, which a parse needs and no result depends on.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "sfpi_modifiers.h"

#define sfpi_inline inline __attribute__((always_inline))
#define v_if(...) if (::sfpi::lanes_enabled(__VA_ARGS__))
#define v_elseif(...) else if (::sfpi::lanes_enabled(__VA_ARGS__))
#define v_else else
#define v_endif
#define v_and(...) ::sfpi::lanes_enabled(__VA_ARGS__)

namespace sfpi {

enum class DataLayout { Default, FSrcB, F16A, F16B, F32, I8, I16, I32, U8, U16, U32, SM8, SM16, SM32, M32 };
enum class ExponentMode { Unbiased, Biased };
enum class LRegs { LReg0, LReg1, LReg2, LReg3, LReg4, LReg5, LReg6, LReg7 };
enum class LutSign { Update, Retain };
enum class MantissaMode { ImplicitZero, ImplicitOne };
enum class RoundMode { Nearest, NearestStochastic, Stochastic };
enum class ShiftMode { Logical, Arithmetic };

// Whatever can stand in a vector expression: vectors, and places that hold one.
struct Operand {};

template <typename Type>
using Plain = std::remove_cv_t<std::remove_reference_t<Type>>;

// Result, if one of the types at least is an operand.
template <typename Result, typename... Types>
using IfOperand = std::enable_if_t<(std::is_base_of_v<Operand, Plain<Types>> || ...), Result>;

struct vBool : Operand {};
bool lanes_enabled(const vBool& condition);

// A place that is read and assigned: an element of DEST, a local register, a programmable constant.
struct Place : Operand {
    template <DataLayout layout>
    [[nodiscard]] Place& mode() const;
    Place& mode(int address_mod) const;
    void in_use() const;
    const Place& operator=(const Place& value) const;
    template <typename Value>
    const Place& operator=(const Value& value) const;
};

template <typename Tag>
struct Vector : Operand {
    Vector();
    Vector(const Vector& other);
    template <typename Value>
    Vector(const Value& value);
    template <typename First, typename Second>
    Vector(const First& first, const Second& second);
    Vector& operator=(const Vector& other);
    template <typename Value>
    Vector& operator=(const Value& value);
    template <typename Value>
    Vector& operator+=(const Value& value);
    template <typename Value>
    Vector& operator-=(const Value& value);
    template <typename Value>
    Vector& operator*=(const Value& value);
    template <typename Value>
    Vector& operator&=(const Value& value);
    template <typename Value>
    Vector& operator|=(const Value& value);
    template <typename Value>
    Vector& operator^=(const Value& value);
    template <typename Value>
    Vector& operator<<=(const Value& value);
    template <typename Value>
    Vector& operator>>=(const Value& value);
    Vector& operator++();
    Vector& operator--();
    Vector operator++(int);
    Vector operator--(int);
    [[nodiscard]] Vector get() const;
};

using vFloat = Vector<struct FloatTag>;
using vInt = Vector<struct IntTag>;
using vUInt = Vector<struct UIntTag>;
using vMag = Vector<struct MagTag>;
using vSMag = Vector<struct SMagTag>;
using vSMag8 = Vector<struct SMag8Tag>;
using vSMag16 = Vector<struct SMag16Tag>;
using vUInt8 = Vector<struct UInt8Tag>;
using vUInt16 = Vector<struct UInt16Tag>;
using vFloat16a = Vector<struct Float16aTag>;
using vFloat16b = Vector<struct Float16bTag>;
using vLut8si = Vector<struct Lut8siTag>;
using vLut16ss = Vector<struct Lut16ssTag>;
using vLut16ii = Vector<struct Lut16iiTag>;
using sFloat16a = Vector<struct ScalarFloat16aTag>;
using sFloat16b = Vector<struct ScalarFloat16bTag>;

struct lreg_pressure {
    lreg_pressure();
};

struct DestRegisters {
    Place& operator[](int vector) const;
    const DestRegisters& operator++() const;
    const DestRegisters& operator++(int) const;
    const DestRegisters& operator+=(int vectors) const;
};

struct LocalRegisters {
    Place& operator[](LRegs index) const;
};

extern const DestRegisters dst_reg;
extern const LocalRegisters l_reg;
extern const Place vConstIntPrgm0, vConstIntPrgm1, vConstIntPrgm2;
extern const Place vConstFloatPrgm0, vConstFloatPrgm1, vConstFloatPrgm2;
extern const Place vConst0, vConst1, vConstNeg1, vConst0p8373, vConstTileId;

// The vector type of a mixed expression: the first operand that is a vector, else float.
template <typename... Types>
struct Common {
    using type = vFloat;
};
template <typename Tag, typename... Rest>
struct Common<Vector<Tag>, Rest...> {
    using type = Vector<Tag>;
};
template <typename First, typename... Rest>
struct Common<First, Rest...> : Common<Rest...> {};
template <typename... Types>
using CommonVector = typename Common<Plain<Types>...>::type;

#define SFPI_DECLARE_BINARY(result, sign)    \
    template <typename Left, typename Right> \
    [[nodiscard]] IfOperand<result, Left, Right> operator sign(const Left& left, const Right& right);
#define SFPI_DECLARE_FUNCTION(result, name) \
    template <typename... Arguments>        \
    IfOperand<result, Arguments...> name(const Arguments&... arguments);
#define SFPI_VECTOR CommonVector<Left, Right>

SFPI_DECLARE_BINARY(SFPI_VECTOR, +)
SFPI_DECLARE_BINARY(SFPI_VECTOR, -)
SFPI_DECLARE_BINARY(SFPI_VECTOR, *)
SFPI_DECLARE_BINARY(SFPI_VECTOR, &)
SFPI_DECLARE_BINARY(SFPI_VECTOR, |)
SFPI_DECLARE_BINARY(SFPI_VECTOR, ^)
SFPI_DECLARE_BINARY(SFPI_VECTOR, <<)
SFPI_DECLARE_BINARY(SFPI_VECTOR, >>)
SFPI_DECLARE_BINARY(vBool, ==)
SFPI_DECLARE_BINARY(vBool, !=)
SFPI_DECLARE_BINARY(vBool, <)
SFPI_DECLARE_BINARY(vBool, <=)
SFPI_DECLARE_BINARY(vBool, >)
SFPI_DECLARE_BINARY(vBool, >=)

SFPI_DECLARE_BINARY(vBool, &&)
SFPI_DECLARE_BINARY(vBool, ||)

[[nodiscard]] vBool operator!(const Operand& condition);
template <typename Value>
[[nodiscard]] IfOperand<CommonVector<Value>, Value> operator-(const Value& value);
template <typename Value>
[[nodiscard]] IfOperand<CommonVector<Value>, Value> operator~(const Value& value);

template <typename Result, typename Value>
[[nodiscard]] Result as(const Value& value);
template <typename Result, typename Value>
[[nodiscard]] Result convert(const Value& value, RoundMode mode = RoundMode::Nearest);

#define SFPI_FIRST CommonVector<Arguments...>

SFPI_DECLARE_FUNCTION(SFPI_FIRST, abs)
SFPI_DECLARE_FUNCTION(SFPI_FIRST, clamp)
SFPI_DECLARE_FUNCTION(SFPI_FIRST, symmetric_clamp)
SFPI_DECLARE_FUNCTION(SFPI_FIRST, min)
SFPI_DECLARE_FUNCTION(SFPI_FIRST, max)
SFPI_DECLARE_FUNCTION(SFPI_FIRST, shft)
SFPI_DECLARE_FUNCTION(vFloat, addexp)
SFPI_DECLARE_FUNCTION(vFloat, approx_recip)
SFPI_DECLARE_FUNCTION(vFloat, copyman)
SFPI_DECLARE_FUNCTION(vFloat, copysgn)
SFPI_DECLARE_FUNCTION(vFloat, lut)
SFPI_DECLARE_FUNCTION(vFloat, setexp)
SFPI_DECLARE_FUNCTION(vFloat, setman)
SFPI_DECLARE_FUNCTION(vFloat, setsgn)
SFPI_DECLARE_FUNCTION(vFloat, setsgn2)
SFPI_DECLARE_FUNCTION(void, min_max)

SFPI_DECLARE_FUNCTION(vInt, exexp)
SFPI_DECLARE_FUNCTION(vInt, exman)
SFPI_DECLARE_FUNCTION(vInt, exman9)
SFPI_DECLARE_FUNCTION(vBool, is_finite)
SFPI_DECLARE_FUNCTION(vBool, is_inf)
SFPI_DECLARE_FUNCTION(vBool, is_nan)
SFPI_DECLARE_FUNCTION(vBool, is_neg)
SFPI_DECLARE_FUNCTION(vBool, is_pos)
SFPI_DECLARE_FUNCTION(vBool, nearby)

#undef SFPI_DECLARE_BINARY
#undef SFPI_DECLARE_FUNCTION
#undef SFPI_FIRST
#undef SFPI_VECTOR

}  // namespace sfpi

// The built-ins of SFPI's compiler that LLK calls by their own names.
[[nodiscard]] sfpi::vFloat __builtin_rvtt_sfpmad(
    const sfpi::vFloat& a, const sfpi::vFloat& b, const sfpi::vFloat& c, int modifier);
[[nodiscard]] sfpi::vFloat __builtin_rvtt_sfpgt(const sfpi::vFloat& a, const sfpi::vFloat& b, int modifier);
