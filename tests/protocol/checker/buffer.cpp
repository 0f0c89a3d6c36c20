// SPDX-License-Identifier: Apache-2.0
#include "checker/buffer.hpp"

#include <algorithm>

namespace protocol {

void Buffer::note_reserved(std::uint64_t pages) { reserved_ = std::max(reserved_, pages); }

void Buffer::note_waited(std::uint64_t pages) { waited_ = std::max(waited_, pages); }

void Buffer::apply_push(std::uint64_t pages) {
    if (reserved_ < pages) {
        throw Finding(Rule::kBufferProtocol, "pushes " + std::to_string(pages) + " pages of " + describe() +
                                                 ", but has reserved " + std::to_string(reserved_));
    }
    reserved_ -= pages;
    pushed_ += pages;
    require(pushed_ - popped_ <= pages_, Rule::kBufferProtocol, "there are more pages in a buffer than it has");
}

void Buffer::apply_pop(std::uint64_t pages) {
    if (waited_ < pages) {
        throw Finding(Rule::kBufferProtocol, "pops " + std::to_string(pages) + " pages of " + describe() +
                                                 ", but has waited for " + std::to_string(waited_));
    }
    waited_ -= pages;
    popped_ += pages;
    require(popped_ <= pushed_, Rule::kBufferProtocol, "more pages are popped than were pushed");
}

bool Buffer::is_within(std::uint64_t front, std::uint64_t count, std::uint32_t address, std::uint32_t bytes) const {
    if (!contains(address) || bytes > bytes_from(address)) {
        return false;
    }
    const std::uint32_t first = (address - address_) / page_bytes_;
    const std::uint32_t last = (address - address_ + bytes - 1) / page_bytes_;
    for (std::uint64_t page = first; page <= last; ++page) {
        if ((page + pages_ - front % pages_) % pages_ >= count) {
            return false;
        }
    }
    return true;
}

bool Buffer::is_entitled(Side side, std::uint32_t address, std::uint32_t bytes) const {
    return side == Side::kConsumer ? is_within(popped_, waited_, address, bytes)
                                   : is_within(pushed_, reserved_, address, bytes);
}

void Buffer::check_access(Side side, std::uint32_t address, std::uint32_t bytes) const {
    if (is_entitled(side, address, bytes)) [[likely]] {
        return;
    }
    const std::string which = side == Side::kConsumer ? "reads " : "writes ";
    const std::string wanted = side == Side::kConsumer ? "waited for and not popped" : "reserved and not pushed";
    throw Finding(Rule::kBufferAccess, which + std::to_string(bytes) + " bytes from byte " +
                                           std::to_string(address - address_) + " of " + describe() +
                                           ", not all of them in pages that it has " + wanted);
}

bool Buffer::is_reserved(std::uint32_t address, std::uint32_t bytes) const {
    return is_entitled(Side::kProducer, address, bytes);
}

bool Buffer::has_room(std::uint32_t address, std::uint32_t bytes) const {
    const std::uint64_t unused = pages_ - std::min<std::uint64_t>(pushed_, pages_);
    return is_within(pushed_, std::max(reserved_, unused), address, bytes);
}

bool Buffer::next_pages_touch(Side side, std::uint64_t pages, std::uint32_t address, std::uint32_t bytes) const {
    const std::uint64_t front = side == Side::kConsumer ? popped_ : pushed_;
    for (std::uint64_t ahead = 0; ahead < pages; ++ahead) {
        const std::uint64_t first = address_ + (front + ahead) % pages_ * page_bytes_;
        if (address < first + page_bytes_ && first < std::uint64_t{address} + bytes) {
            return true;
        }
    }
    return false;
}

std::string Buffer::describe() const {
    return "buffer " + std::to_string(index_) + " \"" + name_ + "\" (" + std::to_string(pages_) + " pages, pushed " +
           std::to_string(pushed_) + ", popped " + std::to_string(popped_) + ")";
}

}  // namespace protocol
