/* SPDX-License-Identifier: MIT */
/* The symbols behind the inline functions of struct.h. */
#include <plug/struct.h>

extern inline struct plug_value plug_value_int(int64_t i);
extern inline struct plug_value plug_value_uint(uint64_t u);
extern inline struct plug_value plug_value_bool(bool b);
extern inline struct plug_value plug_value_char(char c);
extern inline struct plug_value plug_value_float(double f);
extern inline struct plug_value plug_value_bytes(const void *ptr, size_t len);
extern inline struct plug_value plug_value_text(const char *text);
extern inline struct plug_value plug_value_pointer(const void *ptr);
extern inline struct plug_value plug_value_same(struct plug_value v);
extern inline struct plug_ref plug_ref_make(enum plug_ref_kind kind, void *ptr);
extern inline struct plug_ref plug_into(void *buf, size_t len);
