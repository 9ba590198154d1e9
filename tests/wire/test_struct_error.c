/* SPDX-License-Identifier: MIT */
/* plug_struct: what is refused, and what is said about it. */
#include "t.h"
#include <plug/struct.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The text of an error, whole and cut. */
static void says(const struct plug_struct_error *e, const char *want)
{
    char text[256], cut[10];
    T_EQ(plug_struct_error_text(e, text, sizeof text), strlen(want));
    T_STR(text, want);
    T_EQ(plug_struct_error_text(e, cut, sizeof cut), strlen(want));
    T_EQ(strncmp(cut, want, 9), 0);
}

static void refuses_format(const char *format, int code, size_t offset, const char *text)
{
    struct plug_struct_error e = {0}, f = {0}, g = {0};
    struct plug_struct *s = NULL;
    struct plug_value v[8] = {{0}};
    uint8_t b[8] = {0};
    size_t len = strlen(format);
    T_ERR(plug_struct_open(&s, format, &e), code);
    T_ERR(plug_struct_open_len(&s, t_guarded(format, len), len, NULL), code);
    T_TRUE(s == NULL);
    T_EQ(e.code, code);
    T_EQ(e.format_offset, offset);
    T_EQ(e.item, PLUG_STRUCT_NO_ITEM);
    says(&e, text);
    T_ERR(plug_calcsize(format, &f), code);
    says(&f, text);
    T_ERR(plug_pack(format, v, 0, b, sizeof b, &g), code);
    says(&g, text);
    T_ERR(plug_unpack(format, b, sizeof b, v, 8, &g), code);
    says(&g, text);
    T_ERR(plug_pack_into(format, v, 0, b, sizeof b, 0, NULL), code);
    T_ERR(plug_unpack_from(format, b, sizeof b, 0, v, 8, NULL), code);
    T_ERR(plug_unpack_refs(format, b, sizeof b, NULL, 0, NULL), code);
}

T_TEST(struct_bad_formats_say_where)
{
    refuses_format("z", PLUG_ESTRUCT_FORMAT, 0, "bad char 'z' in struct format at offset 0");
    refuses_format("!BH 3z", PLUG_ESTRUCT_FORMAT, 5, "bad char 'z' in struct format at offset 5");
    refuses_format(" <H", PLUG_ESTRUCT_FORMAT, 1, "bad char '<' in struct format at offset 1");
    refuses_format("H!", PLUG_ESTRUCT_FORMAT, 1, "bad char '!' in struct format at offset 1");
    refuses_format("3 s", PLUG_ESTRUCT_FORMAT, 1, "bad char ' ' in struct format at offset 1");
    refuses_format("H\xc3", PLUG_ESTRUCT_FORMAT, 1,
                   "bad char '\\xc3' in struct format at offset 1");
    refuses_format("H\x1b", PLUG_ESTRUCT_FORMAT, 1,
                   "bad char '\\x1b' in struct format at offset 1");
    refuses_format("%n", PLUG_ESTRUCT_FORMAT, 0, "bad char '%' in struct format at offset 0");
    refuses_format("<2n", PLUG_ESTRUCT_NATIVE, 2,
                   "bad char 'n' in struct format at offset 2: only valid in native mode");
    refuses_format("!P", PLUG_ESTRUCT_NATIVE, 1,
                   "bad char 'P' in struct format at offset 1: only valid in native mode");
    refuses_format("H12", PLUG_ESTRUCT_REPEAT, 1,
                   "repeat count given without format specifier at offset 1");
    refuses_format("B9223372036854775807s", PLUG_ESTRUCT_OVERFLOW, 1,
                   "total struct size too long at offset 1");
    refuses_format("9223372036854775808x", PLUG_ESTRUCT_OVERFLOW, 0,
                   "total struct size too long at offset 0");
    refuses_format("4611686018427387904H", PLUG_ESTRUCT_OVERFLOW, 0,
                   "total struct size too long at offset 0");
    refuses_format("9223372036854775807x0H", PLUG_ESTRUCT_OVERFLOW, 20,
                   "total struct size too long at offset 20");
    refuses_format("9223372036854775807xBz", PLUG_ESTRUCT_OVERFLOW, 20,
                   "total struct size too long at offset 20");
}

T_TEST(struct_format_of_a_length)
{
    struct plug_struct *s = NULL;
    struct plug_struct_error e;
    T_ERR(plug_struct_open_len(&s, t_guarded("H\0H", 3), 3, &e), PLUG_ESTRUCT_FORMAT);
    says(&e, "embedded null character in struct format at offset 1");
    T_OK(plug_struct_open_len(&s, t_guarded("!HBzz", 3), 3, NULL));
    T_OWN(plug_struct_close, s);
    T_STR(plug_struct_format(s), "!HB");
    T_EQ(plug_struct_size(s), 3);
}

T_TEST(struct_formats_have_a_limit)
{
    size_t max = PLUG_STRUCT_FORMAT_MAX;
    char *text = plug_alloc(max + 2);
    struct plug_struct *s = NULL;
    if (!text)
        T_OK(-ENOMEM);
    T_OWN(plug_free, text);
    memset(text, 'x', max + 1);
    text[max + 1] = '\0';
    T_ERR(plug_calcsize(text, NULL), PLUG_ELIMIT);
    T_ERR(plug_pack(text, NULL, 0, NULL, 0, NULL), PLUG_ELIMIT);
    T_ERR(plug_struct_open(&s, text, NULL), PLUG_ELIMIT);
    T_ERR(plug_struct_open_len(&s, text, max + 1, NULL), PLUG_ELIMIT);
    text[max] = '\0';
    T_EQ(plug_calcsize(text, NULL), max);
    T_OK(plug_struct_open_len(&s, text, max, NULL));
    plug_struct_close(s);
    text[max - 1] = '\0';
    T_EQ(plug_calcsize(text, NULL), max - 1);
}

/* Compiled and read on each call alike. */
static void refuses_values(const char *format, const struct plug_value *v, size_t n, int code,
                           size_t item, const char *text)
{
    struct plug_struct_error e = {0}, f = {0};
    struct plug_struct *s;
    uint8_t b[64];
    T_OK(plug_struct_open(&s, format, NULL));
    T_OWN(plug_struct_close, s);
    T_ERR(plug_struct_pack(s, v, n, b, sizeof b, &e), code);
    T_ERR(plug_struct_pack(s, v, n, b, sizeof b, NULL), code);
    T_ERR(plug_pack(format, v, n, b, sizeof b, &f), code);
    T_EQ(e.code, code);
    T_EQ(e.item, item);
    T_EQ(f.item, item);
    T_EQ(e.format_offset, f.format_offset);
    T_EQ(e.character, f.character);
    says(&e, text);
    says(&f, text);
}
#define REFUSES(format, code, item, text, ...)                                                     \
    refuses_values(format, PLUG_VALUES(__VA_ARGS__), code, item, text)

T_TEST(struct_ranges_are_told)
{
    REFUSES("H", PLUG_ESTRUCT_RANGE, 0,
            "item 1: ushort format requires 0 <= number <= 65535 (got -1)", -1);
    REFUSES("!BBHHh", PLUG_ESTRUCT_RANGE, 4,
            "item 5: short format requires -32768 <= number <= 32767 (got 32768)", 1, 2, 3, 4,
            32768);
    REFUSES("<3b", PLUG_ESTRUCT_RANGE, 2,
            "item 3: byte format requires -128 <= number <= 127 (got -129)", 1, 2, -129);
    REFUSES("<6B", PLUG_ESTRUCT_RANGE, 5,
            "item 6: ubyte format requires 0 <= number <= 255 (got 256)", 1, 2, 3, 4, 5, 256);
    REFUSES("i", PLUG_ESTRUCT_RANGE, 0,
            "item 1: 'i' format requires -2147483648 <= number <= 2147483647 (got 2147483648)",
            2147483648);
    REFUSES("!I", PLUG_ESTRUCT_RANGE, 0,
            "item 1: 'I' format requires 0 <= number <= 4294967295 (got 4294967296)", 4294967296);
    REFUSES("!L", PLUG_ESTRUCT_RANGE, 0,
            "item 1: 'L' format requires 0 <= number <= 4294967295 (got -1)", -1);
    REFUSES(
        "q", PLUG_ESTRUCT_RANGE, 0,
        "item 1: 'q' format requires -9223372036854775808 <= number <= 9223372036854775807 (got "
        "18446744073709551615)",
        UINT64_MAX);
    REFUSES(">Q", PLUG_ESTRUCT_RANGE, 0,
            "item 1: 'Q' format requires 0 <= number <= 18446744073709551615 (got -1)", -1);
    REFUSES("!ff", PLUG_ESTRUCT_RANGE, 1,
            "item 2: float too large to pack with f format (got 1e+39)", 1.0, 1e39);
    REFUSES("f", PLUG_ESTRUCT_RANGE, 0,
            "item 1: float too large to pack with f format (got -3.40282e+38)",
            -3.4028235677973366e38);
    REFUSES("<e", PLUG_ESTRUCT_RANGE, 0,
            "item 1: float too large to pack with e format (got 65520)", 65520);
}

T_TEST(struct_kinds_are_told)
{
    REFUSES("H", PLUG_ESTRUCT_TYPE, 0,
            "item 1: required argument is not an integer (format 'H', got float)", 1.0);
    REFUSES("B", PLUG_ESTRUCT_TYPE, 0,
            "item 1: required argument is not an integer (format 'B', got char)", (char)'x');
    REFUSES("@P", PLUG_ESTRUCT_TYPE, 0,
            "item 1: required argument is not an integer (format 'P', got 3 bytes)", "abc");
    REFUSES("2d", PLUG_ESTRUCT_TYPE, 1,
            "item 2: required argument is not a float (format 'd', got 1 byte)", 1, "x");
    REFUSES("c", PLUG_ESTRUCT_TYPE, 0,
            "item 1: char format requires a bytes object of length 1 (got 2 bytes)", "ab");
    REFUSES("c", PLUG_ESTRUCT_TYPE, 0,
            "item 1: char format requires a bytes object of length 1 (got int)", 65);
    REFUSES("3s", PLUG_ESTRUCT_TYPE, 0, "item 1: argument for 's' must be bytes (got int)", 1);
    REFUSES("3p", PLUG_ESTRUCT_TYPE, 0, "item 1: argument for 'p' must be bytes (got bool)",
            (bool)1);
    REFUSES("?", PLUG_ESTRUCT_TYPE, 0, "item 1: '?' needs a value (got none)", (const char *)NULL);
    REFUSES("s", PLUG_ESTRUCT_TYPE, 0, "item 1: argument for 's' must be bytes (got none)",
            (const char *)NULL);
    REFUSES("I", PLUG_ESTRUCT_TYPE, 0,
            "item 1: required argument is not an integer (format 'I', got ?)",
            ((struct plug_value){.kind = (enum plug_value_kind)99}));
}

T_TEST(struct_error_has_the_figures)
{
    struct plug_struct_error e;
    uint8_t b[8];
    T_ERR(PLUG_PACK("!B2xH", b, 8, &e, 1, 70000), PLUG_ESTRUCT_RANGE);
    T_EQ(e.step, PLUG_STRUCT_STEP_PACK);
    T_EQ(e.character, 'H');
    T_EQ(e.format_offset, 4);
    T_EQ(e.item, 1);
    T_EQ(e.value.kind, PLUG_VALUE_INT);
    T_EQ(e.value.i, 70000);
    T_EQ(e.min, 0);
    T_EQ(e.max, 65535);
}

T_TEST(struct_counts_and_sizes_are_told)
{
    struct plug_struct *s;
    struct plug_struct_error e;
    struct plug_struct_iter it;
    struct plug_value v[4] = {{0}};
    uint8_t b[8] = {0}, byte = 7;
    T_OK(plug_struct_open(&s, "!BH", NULL));
    T_OWN(plug_struct_close, s);
    T_ERR(plug_struct_pack(s, v, 1, b, 8, &e), PLUG_ESTRUCT_COUNT);
    says(&e, "pack expected 2 items for packing (got 1)");
    T_ERR(plug_pack("!BH", v, 3, b, 8, &e), PLUG_ESTRUCT_COUNT);
    says(&e, "pack expected 2 items for packing (got 3)");
    T_ERR(plug_struct_pack_into(s, v, 0, b, 8, 0, &e), PLUG_ESTRUCT_COUNT);
    says(&e, "pack_into expected 2 items for packing (got 0)");
    T_ERR(plug_struct_pack(s, v, 2, b, 2, &e), PLUG_ESTRUCT_SIZE);
    says(&e, "pack requires a buffer of at least 3 bytes (got 2)");
    T_ERR(plug_struct_unpack(s, b, 4, v, 4, &e), PLUG_ESTRUCT_SIZE);
    says(&e, "unpack requires a buffer of 3 bytes (got 4)");
    T_ERR(plug_unpack("!BH", b, 3, v, 1, &e), PLUG_ESTRUCT_COUNT);
    says(&e, "unpack expected room for 2 items (got 1)");
    T_ERR(PLUG_STRUCT_UNPACK(s, b, 3, &e, &byte), PLUG_ESTRUCT_COUNT);
    says(&e, "unpack expected room for 2 items (got 1)");
    T_EQ(byte, 7);
    T_ERR(plug_struct_pack_into(s, v, 2, b, 5, -2, &e), PLUG_ESTRUCT_OFFSET);
    says(&e, "no space to pack 3 bytes at offset -2");
    T_ERR(plug_struct_unpack_from(s, b, 5, -2, v, 4, &e), PLUG_ESTRUCT_OFFSET);
    says(&e, "not enough data to unpack 3 bytes at offset -2");
    T_ERR(plug_struct_unpack_from(s, b, 5, -6, v, 4, &e), PLUG_ESTRUCT_OFFSET);
    says(&e, "offset -6 out of range for 5-byte buffer");
    T_ERR(plug_struct_pack_into(s, v, 2, b, 5, 3, &e), PLUG_ESTRUCT_SIZE);
    says(&e,
         "pack_into requires a buffer of at least 6 bytes for packing 3 bytes at offset 3 (actual "
         "buffer size is 5)");
    T_ERR(plug_unpack_from("!BH", b, 5, 9, v, 4, &e), PLUG_ESTRUCT_SIZE);
    says(&e, "unpack_from requires a buffer of at least 12 bytes for unpacking 3 bytes at offset 9 "
             "(actual buffer size is 5)");
    T_ERR(plug_struct_iter_init(&it, s, b, 4, &e), PLUG_ESTRUCT_SIZE);
    says(&e, "iterative unpacking requires a buffer of a multiple of 3 bytes (got 4)");
}

T_TEST(struct_of_length_0_cannot_be_iterated)
{
    struct plug_struct *s;
    struct plug_struct_error e;
    struct plug_struct_iter it;
    T_OK(plug_struct_open(&s, "", NULL));
    T_OWN(plug_struct_close, s);
    T_ERR(plug_struct_iter_init(&it, s, "", 0, &e), PLUG_ESTRUCT_SIZE);
    says(&e, "cannot iteratively unpack with a struct of length 0");
}

T_TEST(struct_pointer_errors_are_told)
{
    struct plug_struct_error e;
    uint8_t b[8] = {0};
    uint32_t wide = 7;
    char text[3];
    T_ERR(PLUG_UNPACK("!H", b, 2, &e, &wide), PLUG_ESTRUCT_TYPE);
    says(&e, "item 1: 'H' unpacks to uint16_t * (got uint32_t *)");
    T_EQ(wide, 7);
    T_ERR(PLUG_UNPACK("4s", b, 4, &e, plug_into(text, 3)), PLUG_ESTRUCT_SIZE);
    says(&e, "item 1: 's' needs a buffer of 4 bytes (got 3)");
    T_ERR(PLUG_UNPACK("5p", b, 5, &e, plug_into(text, 3)), PLUG_ESTRUCT_SIZE);
    says(&e, "item 1: 'p' needs a buffer of 4 bytes (got 3)");
    T_ERR(PLUG_UNPACK("4s", b, 4, &e, &wide), PLUG_ESTRUCT_TYPE);
    says(&e, "item 1: 's' unpacks to plug_into() (got uint32_t *)");
}

T_TEST(struct_kinds_have_names)
{
    T_STR(plug_value_kind_name(PLUG_VALUE_UINT), "unsigned");
    T_STR(plug_value_kind_name((enum plug_value_kind)77), "?");
    T_STR(plug_ref_kind_name(PLUG_REF_VALUE), "struct plug_value *");
    T_STR(plug_ref_kind_name((enum plug_ref_kind)77), "?");
    int x;
    struct plug_value v = plug_value_pointer(&x);
    T_TRUE(v.kind == PLUG_VALUE_UINT && v.u == (uintptr_t)&x);
    T_TRUE(plug_value_same(plug_value_float(1)).f == 1 && plug_value_char('x').u == 'x');
    T_TRUE(plug_value_int(-1).i == -1 && plug_value_bool(true).u == 1);
}
