// SPDX-License-Identifier: Apache-2.0
// A plain struct in Python.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>

#include <concepts>
#include <new>
#include <utility>

namespace layernorm_fused_rm {

template <typename Record, typename Value>
struct Field {
    const char* name;
    Value Record::*member;
};

template <typename Record, typename Value>
Field(const char*, Value Record::*) -> Field<Record, Value>;

// A field that the constructor must be given.
template <typename Record, typename Value>
struct Required : Field<Record, Value> {};

template <typename Record, typename Value>
Required(const char*, Value Record::*) -> Required<Record, Value>;

template <typename Record, typename Value>
[[nodiscard]] nanobind::arg argument_of(const Required<Record, Value>& field) {
    return nanobind::arg(field.name);
}

template <typename Record, typename Value>
[[nodiscard]] nanobind::arg_v argument_of(const Field<Record, Value>& field) {
    return nanobind::arg(field.name) = Record{}.*field.member;
}

// Its fields are read-only attributes.
template <typename Record, template <typename, typename> typename... Kind, typename... Value>
nanobind::class_<Record> bind_view(nanobind::module_& module, const char* name, const char* doc,
                                   const Kind<Record, Value>&... fields) {
    nanobind::class_<Record> bound(module, name, doc);
    (bound.def_ro(fields.name, fields.member), ...);
    if constexpr (std::equality_comparable<Record>) {
        bound.def(nanobind::self == nanobind::self);
    }
    return bound;
}

// Its fields are the constructor's keywords as well.
template <typename Record, template <typename, typename> typename... Kind, typename... Value>
nanobind::class_<Record> bind_record(nanobind::module_& module, const char* name, const char* doc,
                                     const Kind<Record, Value>&... fields) {
    return bind_view(module, name, doc, fields...)
        .def(
            "__init__",
            [fields...](Record* self, Value... values) {
                new (self) Record{};
                ((self->*fields.member = std::move(values)), ...);
            },
            nanobind::kw_only(), argument_of(fields)...);
}

}  // namespace layernorm_fused_rm
