/* SPDX-License-Identifier: MIT */
/*
 * shows   packing values by a format of Python's struct, unpacking through typed pointers, and what
 *         is said about a mistake
 * needs   nothing
 * run     struct
 * try     a value of 70000 in place of 54321; &number of another type; "<BBHHh"
 */
#include <plug.h>
#include <stdio.h>

static int fail(const struct plug_struct_error *e)
{
    char text[200];
    plug_struct_error_text(e, text, sizeof text);
    fprintf(stderr, "struct: %s\n", text);
    return 1;
}

int main(void)
{
    struct plug_struct_error e;
    struct plug_struct *echo; /* an ICMP echo header */
    uint8_t bytes[8], type, code;
    uint16_t sum, id, number;
    char hex[2 * sizeof bytes + 1];

    if (plug_struct_open(&echo, "!BBHHH", &e) < 0)
        return fail(&e);
    if (PLUG_STRUCT_PACK(echo, bytes, sizeof bytes, &e, 8, 0, 54321, 77, 3) < 0)
        return fail(&e);
    plug_hex_encode(bytes, sizeof bytes, hex, sizeof hex);
    printf("%s\n", hex);

    if (PLUG_STRUCT_UNPACK(echo, bytes, sizeof bytes, &e, &type, &code, &sum, &id, &number) < 0)
        return fail(&e);
    printf("type %d code %d sum %d id %d number %d\n", type, code, sum, id, number);

    if (PLUG_STRUCT_PACK(echo, bytes, sizeof bytes, &e, 8, 0, 54321, 77, 70000) < 0) {
        char text[200];
        plug_struct_error_text(&e, text, sizeof text);
        printf("refused: %s\n", text);
    }
    plug_struct_close(echo);
    return 0;
}
