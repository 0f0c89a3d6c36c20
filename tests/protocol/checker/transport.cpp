// SPDX-License-Identifier: Apache-2.0
// Machine's part between cores: who receives what a port sends.
#include <algorithm>
#include <span>

#include "checker/machine.hpp"
#include "checker/noc.hpp"

namespace protocol {
namespace {

struct Rectangle {
    std::uint32_t first_x, first_y, last_x, last_y;
};

// NoC 0 goes right and down, NoC 1 left and up, and so do the corners of a rectangle (ISA documents, "Coordinates").
[[nodiscard]] Rectangle rectangle_of(const Event& event) {
    const std::uint64_t place = place_of(event);
    const auto coordinate = [=](std::uint32_t shift) { return static_cast<std::uint32_t>(place >> shift) & 63U; };
    Rectangle corners{coordinate(18), coordinate(12), coordinate(6), coordinate(0)};
    if (event.noc == 1) {
        std::swap(corners.first_x, corners.last_x);
        std::swap(corners.first_y, corners.last_y);
    }
    require(corners.first_x <= corners.last_x && corners.first_y <= corners.last_y, Rule::kNocAddress,
            "a multicast's corners are in the order of the other NoC");
    return corners;
}

}  // namespace

Core* Machine::core_at(std::uint32_t x, std::uint32_t y) {
    for (Core& core : program_.cores) {
        if (core.x == x && core.y == y) {
            return &core;
        }
    }
    throw Finding(Rule::kNocAddress,
                  "sends to (" + std::to_string(x) + ", " + std::to_string(y) + "), where no core runs this program");
}

std::vector<Core*> Machine::cores_between(const Event& event) {
    const Rectangle corners = rectangle_of(event);
    std::vector<Core*> found;
    for (std::uint32_t y = corners.first_y; y <= corners.last_y; ++y) {
        for (std::uint32_t x = corners.first_x; x <= corners.last_x; ++x) {
            found.push_back(core_at(x, y));
        }
    }
    return found;
}

std::vector<Core*> Machine::destinations(const Core& core, const Event& event) {
    if (target_of(event) == Target::kCore) {
        const auto place = static_cast<std::uint32_t>(event.address >> kLocalBits);
        return {core_at((place >> 6) & 63U, place & 63U)};
    }
    require(target_of(event) == Target::kCores, Rule::kNocAddress, "sends to something that is no core");
    std::vector<Core*> found = cores_between(event);
    if ((event.index & kNocLoopback) == 0) {
        std::erase(found, &core);
    }
    require(found.size() == event.third, Rule::kNocAddress, "a multicast counts its destinations wrongly");
    return found;
}

void Machine::read(Core& core, NocPort& port, const Event& event) { start_read(core, port, program_.memory, event); }

void Machine::write(Core& core, NocPort& port, const Event& event) {
    if (target_of(event) == Target::kCore && !program_.memory.is_in_shard(event.address)) {
        send(core, port, event);
    } else {
        write_tensor(core, port, program_.memory, event);
    }
}

void Machine::send(Core& core, NocPort& port, const Event& event) {
    const bool is_atomic =
        event.kind == EventKind::kSemaphoreIncrement || event.kind == EventKind::kSemaphoreIncrementMulticast;
    const auto channel = target_of(event) == Target::kCores ? NocPort::kMulticast : NocPort::kUnicast;
    if (!is_atomic) {
        check_multicast_source(core, event);
        const bool is_news = (event.index & kNocSemaphore) != 0;
        require(is_news || channel != NocPort::kMulticast || !port.has_sent_news, Rule::kNocOrder,
                "multicasts data behind a semaphore, which whoever waits for that will not wait for: no barrier since");
        port.has_unconfirmed_writes = true;
        port.has_sent_news = port.has_sent_news || is_news;
    } else if ((event.index & kNocPosted) == 0) {
        port.has_unconfirmed_atomics = true;
    }
    static_cast<void>(destinations(core, event));
    port.messages[channel].push_back({.event = event, .has_left = is_atomic, .value = event.second});
}

void Machine::deliver(Core& core, const Message& message) {
    Message arriving = message;
    leave(core, arriving);
    const Event& event = arriving.event;
    const bool is_atomic =
        event.kind == EventKind::kSemaphoreIncrement || event.kind == EventKind::kSemaphoreIncrementMulticast;
    for (Core* const destination : destinations(core, event)) {
        if (is_atomic) {
            semaphore_at(*destination, event.address & kLocalMask) += arriving.value;
        } else if ((event.index & kNocSemaphore) != 0) {
            semaphore_at(*destination, event.address & kLocalMask) = arriving.value;
        } else {
            deliver_data(core, *destination, arriving);
        }
    }
}

// The other core must have room: pages that it has reserved and not yet pushed, or that are empty since the program began
// (kernels/contract/runtime.hpp, Semaphore).
void Machine::deliver_data(const Core& core, Core& destination, const Message& message) {
    const auto address = static_cast<std::uint32_t>(message.event.address & kLocalMask);
    if (&core != &destination && !destination.buffer_at(address).has_room(address, message.event.second)) {
        throw Finding(Rule::kBufferAccess, "data arrives at core (" + std::to_string(destination.x) + ", " +
                                               std::to_string(destination.y) + ") in pages of " +
                                               destination.buffer_at(address).describe() + " where it has no room");
    }
    Tag* const to = destination.tags_at(address);
    const bool is_fresh =
        std::ranges::equal(message.data, std::span(to, message.data.size()),
                           [](const Tag& data, const Tag& there) { return there == Tag{} || there == data; });
    require(&core == &destination || is_fresh, Rule::kBufferAccess,
            "data arrives over other data that nobody has used yet");
    std::ranges::copy(message.data, to);
}

}  // namespace protocol
