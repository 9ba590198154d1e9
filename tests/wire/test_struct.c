/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <plug/struct.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what the tests share ------------------------------------------------------------------ */

static struct plug_struct *open_struct(const char *format)
{
    struct plug_struct *s = NULL;
    T_OK(plug_struct_open(&s, format, NULL));
    T_OWN(plug_struct_close, s);
    return s;
}

static void hex_is(const uint8_t *bytes, size_t n, const char *want)
{
    char text[256];
    T_EQ(plug_hex_encode(bytes, n, text, sizeof text), 2 * n);
    T_STR(text, want);
}

/* The same bytes from the compiled format and from the text, never past the end of the room. */
static void packs(const char *format, const struct plug_value *values, size_t count,
                  const char *want)
{
    struct plug_struct *s = open_struct(format);
    size_t size = strlen(want) / 2;
    uint8_t *room = t_guarded_room(size);

    T_EQ(plug_struct_size(s), size);
    T_EQ(plug_struct_count(s), count);
    T_EQ(plug_calcsize(format, NULL), size);
    memset(room, 0xaa, size);
    T_EQ(plug_struct_pack(s, values, count, room, size, NULL), size);
    hex_is(room, size, want);
    memset(room, 0xaa, size);
    T_EQ(plug_pack(format, values, count, room, size, NULL), size);
    hex_is(room, size, want);
    if (size > 0)
        T_ERR(plug_pack(format, values, count, room, size - 1, NULL), PLUG_ESTRUCT_SIZE);
}
#define PACKS(format, want, ...) packs(format, PLUG_VALUES(__VA_ARGS__), want)

static void same_value(const struct plug_value *a, const struct plug_value *b)
{
    T_EQ(a->kind, b->kind);
    if (a->kind == PLUG_VALUE_BYTES) {
        T_EQ(a->bytes.len, b->bytes.len);
        T_MEM(a->bytes.ptr, b->bytes.ptr, b->bytes.len);
    } else {
        T_EQ(a->u, b->u);
    }
}

/* hex unpacks to the values, from the compiled format, from the text, and at an offset. */
static void unpacks(const char *format, const char *hex, const struct plug_value *want,
                    size_t count)
{
    struct plug_struct *s = open_struct(format);
    uint8_t bytes[128];
    struct plug_value got[32];
    size_t size = T_OK(plug_hex_decode(hex, strlen(hex), 0, bytes, sizeof bytes, NULL));
    const uint8_t *b = t_guarded(bytes, size);

    T_EQ(plug_struct_unpack(s, b, size, got, count, NULL), count);
    for (size_t i = 0; i < count; i++)
        same_value(&got[i], &want[i]);
    T_EQ(plug_unpack(format, b, size, got, 32, NULL), count);
    T_EQ(plug_unpack_from(format, b, size, -(ptrdiff_t)size, got, count, NULL), count);
    for (size_t i = 0; i < count; i++)
        same_value(&got[i], &want[i]);
}
#define UNPACKS(format, hex, ...) unpacks(format, hex, PLUG_VALUES(__VA_ARGS__))

static struct plug_value bytes_of(const char *text)
{
    return plug_value_text(text);
}

/* --- packing ------------------------------------------------------------------------------- */

T_TEST(struct_packs_in_standard_order)
{
    PACKS("<I3sf", "01000000616263cdcc2c40", 1, "abc", 2.7);
    PACKS("!BBHHh", "0800d431004d0003", 8, 0, 54321, 77, 3);
    PACKS("!HHIIBBHHH", "00010002000000030000000405060007000800ff", 1, 2, 3, 4, 5, 6, 7, 8, 255);
    PACKS(">hHiIqQlL",
          "fffe"
          "ffff"
          "fffffffd"
          "ffffffff"
          "fffffffffffffffc"
          "ffffffffffffffff"
          "80000000"
          "00000005",
          -2, 65535, -3, 0xffffffffu, -4, UINT64_MAX, INT32_MIN, 5);
    PACKS("<hHiIqQ",
          "feff"
          "ffff"
          "fdffffff"
          "ffffffff"
          "fcffffffffffffff"
          "ffffffffffffffff",
          -2, 65535, -3, 0xffffffffu, -4, UINT64_MAX);
    PACKS(" b 2B\tx\n?",
          "80ff0000"
          "01",
          -128, 255, 0, 2);
    PACKS(">x3xB2x", "00000000070000", 7);
}

T_TEST(struct_takes_every_integer_kind)
{
    PACKS("<4H", "0100020003000100", (uint64_t)1, (int8_t)2, 3ul, true);
    PACKS("<3h", "010002000100", (uint64_t)1, (unsigned char)2, (bool)1);
    PACKS("<qQ", "01000000000000000100000000000000", (uint64_t)1, true);
    PACKS("<bB", "7f01", (uint64_t)127, (bool)1);
    PACKS("<iI", "0100000002000000", (uint64_t)1, (uint64_t)2);
}

T_TEST(struct_packs_floats)
{
    PACKS(">efd",
          "3c00"
          "3f800000"
          "3ff0000000000000",
          1.0, 1.0f, 1);
    PACKS("<efd",
          "003c"
          "0000803f"
          "000000000000f03f",
          true, (uint64_t)1, 1.0);
    PACKS(">3f",
          "7f800000"
          "ff800000"
          "80000000",
          (double)INFINITY, -(double)INFINITY, -0.0);
    PACKS(">5e",
          "7c00"
          "fc00"
          "7bff"
          "8000"
          "0001",
          (double)INFINITY, -(double)INFINITY, 65519.999, -0.0, 5.960464477539063e-08);
    PACKS(">4e",
          "0000"
          "0001"
          "0400"
          "3c01",
          2.98023223876953125e-08, 2.9802322387695316e-08, 6.103515625e-05, 1.00048828126);
    PACKS(">d", "43e0000000000000", INT64_MAX);
    PACKS(">d", "43f0000000000000", UINT64_MAX);
    PACKS(">f", "7f7fffff", 3.4028235677973362e38);
}

T_TEST(struct_packs_bytes)
{
    PACKS("3s5s0s",
          "616263"
          "6162630000",
          "abcd", "abc", "x");
    PACKS("s1s", "0061", "", "ab");
    PACKS("20s", "6162636465666768696a6b6c6d6e6f7071727374", "abcdefghijklmnopqrstuvw");
    PACKS("20s", "6162000000000000000000000000000000000000", "ab");
    PACKS("ccc", "41427a", (char)'A', "B", plug_value_bytes("z", 1));
    PACKS("5p1p2p",
          "0461626364"
          "00"
          "0161",
          "abcdef", "x", "ab");
    PACKS("5p", "0261620000", "ab");
    PACKS("0pB", "07", "abc", 7);
    for (size_t n = 1; n < 20; n++) { /* every length of the small copies */
        char format[8], want[64] = "";
        snprintf(format, sizeof format, "%zusB", n);
        T_EQ(plug_hex_encode("abcdefghijklmnopqrstuv", n, want, sizeof want), 2 * n);
        strncat(want, "ff", 3);
        packs(format, PLUG_VALUES(plug_value_bytes(t_guarded("abcdefghijklmnopqrstuv", n), n), 255),
              want);
    }
}

T_TEST(struct_pascal_text_is_longer_than_its_length_byte_can_say)
{
    uint8_t text[300], *room = t_guarded_room(300);
    struct plug_value v;
    memset(text, 'x', sizeof text);
    T_EQ(PLUG_PACK("300p", room, 300, NULL, plug_value_bytes(text, 300)), 300);
    T_EQ(room[0], 255);
    T_EQ(room[299], 'x');
    T_EQ(plug_unpack("300p", room, 300, &v, 1, NULL), 1);
    T_EQ(v.bytes.len, 255);
}

T_TEST(struct_truth)
{
    PACKS("8?", "0001000100010001", 0, -1, 0.0, (double)NAN, "", "0", plug_value_uint(0), 1e-300);
}

/* --- native mode --------------------------------------------------------------------------- */

T_TEST(struct_native_layout_is_the_compilers)
{
    struct a {
        char c;
        long l;
        short h;
        double d;
        void *p;
        float f;
        bool b;
        long long q;
    };
    struct b {
        long a, b;
        short c;
    };
    struct plug_struct *s = open_struct("clhdPf?q0P");
    static const size_t offsets[] = {
        offsetof(struct a, c), offsetof(struct a, l), offsetof(struct a, h), offsetof(struct a, d),
        offsetof(struct a, p), offsetof(struct a, f), offsetof(struct a, b), offsetof(struct a, q)};
    T_EQ(plug_struct_size(s), sizeof(struct a));
    for (size_t i = 0; i < 8; i++) {
        struct plug_struct_item item;
        T_OK(plug_struct_item(s, i, &item));
        T_EQ(item.offset, offsets[i]);
    }
    T_EQ(plug_calcsize("llh0l", NULL), sizeof(struct b));
    T_EQ(plug_calcsize("@llh", NULL), offsetof(struct b, c) + sizeof(short));
    T_EQ(plug_calcsize("=llh0l", NULL), 10);
    T_EQ(plug_calcsize("nNP", NULL), 3 * sizeof(void *));
}

T_TEST(struct_native_packs_what_memory_holds)
{
    struct {
        short h;
        int i;
        long long q;
        double d;
        void *p;
    } want, got;
    memset(&want, 0, sizeof want);
    want.h = -2;
    want.i = 70000;
    want.q = -5;
    want.d = 2.5;
    want.p = &want;
    T_EQ(PLUG_PACK("hiqdP0q", &got, sizeof got, NULL, want.h, want.i, want.q, want.d, want.p),
         sizeof got);
    T_MEM(&got, &want, sizeof want);
    void *p;
    T_OK(PLUG_UNPACK("hiqdP0q", &got, sizeof got, NULL, &got.h, &got.i, &got.q, &got.d, &p));
    T_TRUE(p == &want);
    T_EQ(PLUG_PACK("P", &p, sizeof p, NULL, -1), sizeof p);
    T_TRUE(p == (void *)UINTPTR_MAX);
}

T_TEST(struct_padding_becomes_zero)
{
    uint8_t b[16];
    memset(b, 0xaa, sizeof b);
    T_EQ(PLUG_PACK("b0i", b, sizeof b, NULL, 1), 4);
    hex_is(b, 4, "01000000");
    T_EQ(b[4], 0xaa);
}

/* --- unpacking ----------------------------------------------------------------------------- */

T_TEST(struct_unpacks_in_standard_order)
{
    UNPACKS("!BBHHh", "0800d431004dfffd", 8, 0, 54321, 77, -3);
    UNPACKS("<bhiq",
            "80ffff"
            "feffffff"
            "fdffffffffffffff",
            -128, -1, -2, -3);
    UNPACKS(">Qq", "ffffffffffffffffffffffffffffffff", plug_value_uint(UINT64_MAX), -1);
    UNPACKS(">IL", "ffffffff80000000", 4294967295u, 2147483648u);
    UNPACKS("2?", "0002", (bool)0, (bool)1);
    UNPACKS(">efd",
            "7c00"
            "c02ccccd"
            "4005999a00000000",
            (double)INFINITY, -2.700000047683716, 2.7000007629394531);
    UNPACKS("c3sx2s",
            "6162636400"
            "6566",
            bytes_of("a"), bytes_of("bcd"), bytes_of("ef"));
    UNPACKS("5p5p1p0p",
            "0361626364"
            "ff61626364"
            "07",
            bytes_of("abc"), bytes_of("abcd"), bytes_of(""), bytes_of(""));
}

T_TEST(struct_half_floats_all)
{
    for (unsigned half = 0; half < 65536; half++) {
        uint8_t b[2] = {(uint8_t)(half >> 8), (uint8_t)half}, back[2];
        struct plug_value v;
        T_OK(plug_unpack(">e", b, 2, &v, 1, NULL));
        T_OK(plug_pack(">e", &v, 1, back, 2, NULL));
        unsigned exponent = half >> 10 & 31, fraction = half & 1023;
        double want = exponent == 31 ? (double)INFINITY
                      : exponent     ? ldexp(1024 + fraction, (int)exponent - 25)
                                     : ldexp(fraction, -24);
        if (exponent == 31 && fraction) {
            T_TRUE(isnan(v.f));
            continue;
        }
        T_TRUE(v.f == (half >> 15 ? -want : want));
        T_MEM(back, b, 2);
    }
}

T_TEST(struct_offsets_count_as_in_python)
{
    struct plug_struct *s = open_struct("!BH");
    uint8_t b[6] = {9, 9, 9, 9, 9, 9};
    struct plug_value v[2];

    T_EQ(plug_struct_pack_into(s, PLUG_VALUES(1, 0x203), b, 5, -3, NULL), 3);
    hex_is(b, 6, "090901020309");
    T_EQ(plug_pack_into("!BH", PLUG_VALUES(4, 0x506), b, 5, 0, NULL), 3);
    hex_is(b, 6, "040506020309");
    T_EQ(plug_struct_unpack_from(s, b, 6, 1, v, 2, NULL), 2);
    T_EQ(v[0].i, 5);
    T_EQ(v[1].i, 0x602);
    T_EQ(plug_struct_unpack_from(s, b, 6, -4, v, 2, NULL), 2);
    T_EQ(v[0].i, 6);
    static const ptrdiff_t outside[] = {-1, -2, -7, -8, PTRDIFF_MIN};
    for (size_t i = 0; i < 5; i++) {
        T_ERR(plug_struct_unpack_from(s, b, 6, outside[i], v, 2, NULL), PLUG_ESTRUCT_OFFSET);
        T_ERR(plug_struct_pack_into(s, v, 2, b, 6, outside[i], NULL), PLUG_ESTRUCT_OFFSET);
    }
    static const ptrdiff_t behind[] = {4, 5, 6, 7, PTRDIFF_MAX};
    for (size_t i = 0; i < 5; i++) {
        T_ERR(plug_struct_unpack_from(s, b, 6, behind[i], v, 2, NULL), PLUG_ESTRUCT_SIZE);
        T_ERR(plug_struct_pack_into(s, v, 2, b, 6, behind[i], NULL), PLUG_ESTRUCT_SIZE);
    }
}

T_TEST(struct_iterates_over_records)
{
    struct plug_struct *s = open_struct("!HB");
    const uint8_t *b = t_guarded("\0\1\2\0\3\4\0\5\6", 9);
    struct plug_struct_iter it;
    struct plug_value v[2];

    T_OK(plug_struct_iter_init(&it, s, b, 9, NULL));
    for (int i = 1; i < 7; i += 2) {
        T_EQ(plug_struct_iter_next(&it, v, 2, NULL), 1);
        T_EQ(v[0].i, i);
        T_EQ(v[1].i, i + 1);
    }
    T_EQ(plug_struct_iter_next(&it, v, 2, NULL), 0);
    T_EQ(plug_struct_iter_next(&it, v, 2, NULL), 0);
    T_OK(plug_struct_iter_init(&it, s, b, 0, NULL));
    T_EQ(plug_struct_iter_next(&it, v, 2, NULL), 0);
    T_ERR(plug_struct_iter_init(&it, s, b, 8, NULL), PLUG_ESTRUCT_SIZE);
    T_ERR(plug_struct_iter_init(&it, open_struct("0s"), b, 0, NULL), PLUG_ESTRUCT_SIZE);
    T_OK(plug_struct_iter_init(&it, s, b, 9, NULL));
    T_ERR(plug_struct_iter_next(&it, v, 1, NULL), PLUG_ESTRUCT_COUNT);
}

/* --- typed pointers ------------------------------------------------------------------------ */

T_TEST(struct_unpacks_through_typed_pointers)
{
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float e, f;
    double d;
    bool yes;
    char c, text[6], pascal[4];
    struct plug_value any;
    static const char format[] = "!bBhHiIqQefd?c5s4pH";
    uint8_t b[128];
    ssize_t n = PLUG_PACK(format, b, sizeof b, NULL, -1, 2, -3, 4, -5, 6u, -7, 8, 1.5, -2.5, 3.25,
                          7, (char)'c', "hello", "abc", 99);
    T_EQ(n, T_OK(plug_calcsize(format, NULL)));
    const uint8_t *g = t_guarded(b, (size_t)n);
    struct plug_struct *s = open_struct(format);
    for (int compiled = 0; compiled < 2; compiled++) {
        struct plug_ref r[] = {
            PLUG_REF(&i8),  PLUG_REF(&u8),      PLUG_REF(&i16),       PLUG_REF(&u16),
            PLUG_REF(&i32), PLUG_REF(&u32),     PLUG_REF(&i64),       PLUG_REF(&u64),
            PLUG_REF(&e),   PLUG_REF(&f),       PLUG_REF(&d),         PLUG_REF(&yes),
            PLUG_REF(&c),   plug_into(text, 6), plug_into(pascal, 4), PLUG_REF(&any)};
        if (compiled)
            T_EQ(plug_struct_unpack_refs(s, g, (size_t)n, r, 16, NULL), 16);
        else
            T_EQ(plug_unpack_refs(format, g, (size_t)n, r, 16, NULL), 16);
        T_TRUE(i8 == -1 && u8 == 2 && i16 == -3 && u16 == 4 && i32 == -5 && u32 == 6 && i64 == -7);
        T_TRUE(u64 == 8 && e == 1.5f && f == -2.5f && d == 3.25 && yes && c == 'c');
        T_STR(text, "hello");
        T_STR(pascal, "abc");
        T_TRUE(any.kind == PLUG_VALUE_INT && any.i == 99);
    }
}

T_TEST(struct_pointer_of_another_type_is_refused)
{
    uint8_t b[32] = {0};
    uint32_t u32 = 7;
    uint16_t u16 = 7;
    int16_t i16 = 7;
    double d = 7;
    char text[2];
    struct plug_struct_error e;
    T_ERR(PLUG_UNPACK("!HH", b, 4, &e, &u16, &u32), PLUG_ESTRUCT_TYPE);
    T_EQ(e.item, 1);
    T_EQ(e.wanted, PLUG_REF_U16);
    T_EQ(e.given, PLUG_REF_U32);
    T_EQ(u16, 7); /* nothing stored */
    T_ERR(PLUG_UNPACK("!H", b, 2, NULL, &i16), PLUG_ESTRUCT_TYPE);
    T_ERR(PLUG_UNPACK("!f", b, 4, NULL, &d), PLUG_ESTRUCT_TYPE);
    T_ERR(PLUG_UNPACK("2s", b, 2, NULL, &text[0]), PLUG_ESTRUCT_TYPE);
    T_ERR(PLUG_UNPACK("H", b, 2, NULL, plug_into(text, 2)), PLUG_ESTRUCT_TYPE);
    T_ERR(PLUG_UNPACK("3s", b, 3, &e, plug_into(text, 2)), PLUG_ESTRUCT_SIZE);
    T_EQ(e.needed, 3);
    T_EQ(e.actual, 2);
    T_ERR(PLUG_UNPACK("HH", b, 4, NULL, &u16), PLUG_ESTRUCT_COUNT);
    T_ERR(PLUG_UNPACK("H", b, 2, NULL, (uint16_t *)NULL), PLUG_ESTRUCT_TYPE);
    T_ERR(PLUG_UNPACK("H", b, 2, NULL, plug_ref_make((enum plug_ref_kind)99, &u16)),
          PLUG_ESTRUCT_TYPE);
}

/* --- the compiled object ------------------------------------------------------------------- */

T_TEST(struct_items_are_told)
{
    struct plug_struct *s = open_struct("!2B x3sH2x");
    struct plug_struct_item i;
    T_STR(plug_struct_format(s), "!2B x3sH2x");
    T_EQ(plug_struct_count(s), 4);
    T_EQ(plug_struct_size(s), 10);
    T_OK(plug_struct_item(s, 1, &i));
    T_TRUE(i.code == 'B' && i.offset == 1 && i.size == 1 && i.repeat == 2 && i.padding == 0);
    T_EQ(i.format_offset, 2);
    T_OK(plug_struct_item(s, 2, &i));
    T_TRUE(i.code == 's' && i.offset == 3 && i.size == 3 && i.repeat == 3 && i.padding == 1);
    T_EQ(i.format_offset, 6);
    T_OK(plug_struct_item(s, 3, &i));
    T_TRUE(i.code == 'H' && i.offset == 6 && i.size == 2 && i.repeat == 1 && i.padding == 0);
    T_ERR(plug_struct_item(s, 4, &i), -EINVAL);
    T_ERR(plug_struct_item(open_struct("4x"), 0, &i), -EINVAL);
}

T_TEST(struct_large_repeats_cost_nothing)
{
    struct plug_struct *s = open_struct("999999999H100000000000s");
    struct plug_struct_item i;
    T_EQ(plug_struct_count(s), 1000000000);
    T_OK(plug_struct_item(s, 999999998, &i));
    T_EQ(i.offset, 2 * 999999998u);
    T_EQ(plug_calcsize("9223372036854775807s", NULL), SSIZE_MAX);
    T_EQ(plug_calcsize("9223372036854775806xB", NULL), SSIZE_MAX);
}

/* More codes than the runs that a call without a compiled format keeps on its stack. */
T_TEST(struct_long_formats_are_read_part_by_part)
{
    char format[3 * 400 + 2] = "!";
    struct plug_value v[801], got[801];
    struct plug_ref refs[801];
    uint8_t a[400 * 4], b[400 * 4], *g;
    size_t n = 0;
    for (size_t i = 0; i < 400; i++) {
        strncat(format, "BHx", 4);
        v[n++] = plug_value_int(i & 255);
        v[n++] = plug_value_int(3 * i);
    }
    T_EQ(plug_struct_pack(open_struct(format), v, n, a, sizeof a, NULL), sizeof a);
    memset(b, 0xaa, sizeof b);
    T_EQ(plug_pack(format, v, n, b, sizeof b, NULL), sizeof b);
    T_MEM(b, a, sizeof a);
    g = t_guarded(b, sizeof b);
    T_EQ(plug_unpack(format, g, sizeof b, got, n, NULL), n);
    for (size_t i = 0; i < n; i++) {
        same_value(&got[i], &v[i]);
        memset(&got[i], 0, sizeof got[i]);
        refs[i] = PLUG_REF(&got[i]);
    }
    T_EQ(plug_unpack_refs(format, g, sizeof b, refs, n, NULL), n);
    for (size_t i = 0; i < n; i++)
        same_value(&got[i], &v[i]);
    struct plug_struct_error e;
    v[701] = plug_value_int(-1);
    T_ERR(plug_pack(format, v, n, b, sizeof b, &e), PLUG_ESTRUCT_RANGE);
    T_EQ(e.item, 701);
    refs[700].kind = PLUG_REF_U32;
    T_ERR(plug_unpack_refs(format, g, sizeof b, refs, n, &e), PLUG_ESTRUCT_TYPE);
    T_EQ(e.item, 700);
}

T_TEST(struct_macros_take_a_compiled_format)
{
    struct plug_struct *s = open_struct("!BBHHh");
    uint8_t type, code, b[8];
    uint16_t sum, id;
    int16_t seq;
    T_EQ(PLUG_STRUCT_PACK(s, b, sizeof b, NULL, 8, 0, 54321, 77, -3), 8);
    hex_is(b, 8, "0800d431004dfffd");
    T_EQ(PLUG_STRUCT_UNPACK(s, b, 8, NULL, &type, &code, &sum, &id, &seq), 5);
    T_TRUE(type == 8 && code == 0 && sum == 54321 && id == 77 && seq == -3);
    plug_struct_close(NULL);
}
