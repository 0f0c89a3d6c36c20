// What SFPU instructions between registers make of tags (vector_tags.cpp).
#pragma once

#include "checker/tensix.hpp"

namespace protocol {

// Registers of an SFPMAD and its like: to = a * b + c.
struct MultiplyAdd {
    std::uint32_t a, b, c, to;
};

void multiply_add(Tensix& tensix, MultiplyAdd registers);
void transpose(Tensix& tensix);
void configure(Tensix& tensix, std::uint32_t word);

}  // namespace protocol
