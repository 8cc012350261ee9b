#include "fuzz/proto_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace partyline::fuzz {
namespace {

constexpr std::size_t copies_max = 70;  // past a full page of 64
constexpr std::uint32_t field_number_max = 24;
constexpr std::size_t fields_max = 2000;

constexpr auto interesting_numbers = std::to_array<std::uint64_t>(
    {0, 1, 7, 8, 127, 128, 255, 256, 0xFFFF, 0x1'0000, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF,
     0x1'0000'0000, 0xFFFF'FFFF'FFFF, 0x7FFF'FFFF'FFFF'FFFF, ~std::uint64_t{0}});
// Around every limit on the size of a field.
constexpr auto interesting_sizes = std::to_array<std::size_t>(
    {0, 1, 31, 32, 33, 63, 64, 65, 72, 127, 128, 129, 256, 512, 513, 1024, 1025, 1200, 1201});

std::optional<std::uint64_t> read_varint(ByteView& rest) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
        const auto byte = std::to_integer<std::uint64_t>(rest.front());
        rest = rest.subspan(1);
        value |= (byte & 0x7FU) << shift;
        if ((byte & 0x80U) == 0) {
            return value;
        }
    }
    return std::nullopt;
}

void append_varint(Bytes& out, std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) {
        out.push_back(static_cast<std::byte>((value & 0x7FU) | 0x80U));
    }
    out.push_back(static_cast<std::byte>(value));
}

/// Fixed numbers are little-endian.
std::optional<std::uint64_t> read_fixed(ByteView& rest, std::size_t size) {
    if (rest.size() < size) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= std::to_integer<std::uint64_t>(rest[i]) << (8 * i);
    }
    rest = rest.subspan(size);
    return value;
}

std::optional<Field> read_field(ByteView& rest) {
    const auto tag = read_varint(rest);
    if (!tag || *tag >> 3U == 0 || *tag > 0xFFFF'FFFF) {
        return std::nullopt;
    }
    Field field{.number = static_cast<std::uint32_t>(*tag >> 3U),
                .type = static_cast<WireType>(*tag & 7U)};
    std::optional<std::uint64_t> value;
    switch (field.type) {
        case WireType::varint: value = read_varint(rest); break;
        case WireType::fixed64: value = read_fixed(rest, 8); break;
        case WireType::fixed32: value = read_fixed(rest, 4); break;
        case WireType::bytes:
            value = read_varint(rest);
            if (!value || *value > rest.size()) {
                return std::nullopt;
            }
            field.bytes = to_bytes(rest.first(*value));
            rest = rest.subspan(*value);
            return field;
    }
    if (!value) {
        return std::nullopt;
    }
    field.value = *value;
    return field;
}

template <class List>
auto pick(const List& from, Random& random) {
    return from[random.below(from.size())];
}

void mutate_number(std::uint64_t& value, Random& random) {
    switch (random.below(4)) {
        case 0: value = pick(interesting_numbers, random); break;
        case 1: ++value; break;
        case 2: --value; break;
        default: value ^= std::uint64_t{1} << random.below(64);
    }
}

void mutate_field(Field& field, Random& random, const MutateBytes& mutate_bytes) {
    if (field.type != WireType::bytes) {
        mutate_number(field.value, random);
        return;
    }
    auto inside = parse_fields(field.bytes);
    if (inside && !inside->empty() && random.chance(0.7)) {
        mutate(*inside, random, mutate_bytes);
        field.bytes = write_fields(*inside);
    } else if (random.chance(0.5)) {
        field.bytes.resize(pick(interesting_sizes, random), std::byte{'x'});
    } else {
        mutate_bytes(field.bytes);
    }
}

Field new_field(Random& random) {
    constexpr std::array types{WireType::varint, WireType::bytes, WireType::fixed32,
                               WireType::fixed64};
    return {.number = static_cast<std::uint32_t>(1 + random.below(field_number_max)),
            .type = pick(types, random),
            .value = pick(interesting_numbers, random),
            .bytes = Bytes(random.below(4), std::byte{1})};
}

}  // namespace

std::optional<std::vector<Field>> parse_fields(ByteView bytes) {
    std::vector<Field> fields;
    while (!bytes.empty()) {
        auto field = read_field(bytes);
        if (!field || fields.size() == fields_max) {
            return std::nullopt;
        }
        fields.push_back(*std::move(field));
    }
    return fields;
}

Bytes write_fields(const std::vector<Field>& fields) {
    Bytes out;
    for (const auto& field : fields) {
        append_varint(out, std::uint64_t{field.number} << 3U | std::to_underlying(field.type));
        switch (field.type) {
            case WireType::varint: append_varint(out, field.value); break;
            case WireType::fixed64:
            case WireType::fixed32:
                for (unsigned i = 0; i < (field.type == WireType::fixed64 ? 8U : 4U); ++i) {
                    out.push_back(static_cast<std::byte>(field.value >> (8 * i)));
                }
                break;
            case WireType::bytes:
                append_varint(out, field.bytes.size());
                append(out, field.bytes);
                break;
        }
    }
    return out;
}

void mutate(std::vector<Field>& fields, Random& random, const MutateBytes& mutate_bytes) {
    if (fields.empty()) {
        fields.push_back(new_field(random));
        return;
    }
    const auto at = random.below(fields.size());
    const auto position = fields.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.below(12)) {
        case 0: fields.insert(position, new_field(random)); break;
        case 1: fields.erase(position); break;
        case 2: {
            const auto copy = *position;
            fields.insert(position, 1 + random.below(copies_max), copy);
            break;
        }
        case 3: std::swap(fields[at], fields[random.below(fields.size())]); break;
        case 4:
            fields[at].number = static_cast<std::uint32_t>(1 + random.below(field_number_max));
            break;
        default: mutate_field(fields[at], random, mutate_bytes);
    }
}

}  // namespace partyline::fuzz
