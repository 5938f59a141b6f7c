/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest that draws through the mediator on the physical GPU, and hostile ones:
 *
 *     gvt-client SOCKET draw|share|order|hostile|lose|frames|show|die
 *     gvt-client SOCKET close|reset TIMES
 *     gvt-client SOCKET saturate TAG BATCHES | paint TIMES | peep TIMES
 *     gvt-client SOCKET drawn FRAMES DRAWS
 *
 * Says "gpu: ..." for what holds; ends with 1 and a sentence at what does not.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "gvt/proto/virgl.h"

#define SCREEN_WIDTH       1280u
#define SCREEN_HEIGHT      720u
#define CURSOR_SIDE        64u
#define CURSOR_X           700u
#define CURSOR_Y           600u
#define RENDERED_AND_SHOWN (2u | 8u | 1u << 18) /* target, sampler view, scanout */

static uint64_t fence;
static unsigned long many_frames, many_draws; /* of "drawn" */

struct vgpu_header header(uint32_t type, uint32_t ctx)
{
    return (struct vgpu_header){
        .type = type, .flags = VGPU_FLAG_FENCE, .fence_id = ++fence, .ctx_id = ctx};
}

void expect(const char *what, uint32_t got, uint32_t wanted)
{
    if (got != wanted)
        errx(1, "%s: answered 0x%x, not 0x%x", what, got, wanted);
}

void context(uint32_t id)
{
    const struct vgpu_ctx_create c = {.header = header(VGPU_CMD_CTX_CREATE, id)};

    expect("CTX_CREATE", SEND(c), VGPU_OK_NODATA);
}

uint32_t attach(uint32_t ctx, uint32_t id)
{
    const struct vgpu_resource_command c = {.header = header(VGPU_CMD_CTX_ATTACH_RESOURCE, ctx),
                                            .resource_id = id};

    return SEND(c);
}

void resource(uint32_t id, uint32_t target, uint32_t format, uint32_t bind, uint32_t width,
              uint32_t height, uint32_t at, uint32_t bytes)
{
    const struct vgpu_create_3d c = {.header = header(VGPU_CMD_RESOURCE_CREATE_3D, 0),
                                     .resource_id = id,
                                     .target = target,
                                     .format = format,
                                     .bind = bind,
                                     .width = width,
                                     .height = height,
                                     .depth = 1,
                                     .array_size = 1};
    const struct vgpu_attach_backing a = {
        .header = header(VGPU_CMD_RESOURCE_ATTACH_BACKING, 0), .resource_id = id, .nr_entries = 2};
    const struct vgpu_mem_entry e[2] = {{DRIVER_GPA + at, bytes / 2, 0},
                                        {DRIVER_GPA + at + bytes / 2, bytes - bytes / 2, 0}};

    expect("RESOURCE_CREATE_3D", SEND(c), VGPU_OK_NODATA);
    expect("ATTACH_BACKING", driver_call(&a, sizeof(a), e, sizeof(e), NULL, 0), VGPU_OK_NODATA);
}

unsigned post(uint32_t ctx, const struct stream *s)
{
    const struct vgpu_submit_3d c = {.header = header(VGPU_CMD_SUBMIT_3D, ctx),
                                     .bytes = s->count * 4};

    return driver_post(&c, sizeof(c), s->dword, s->count * 4);
}

uint32_t submit(uint32_t ctx, const struct stream *s)
{
    return driver_wait(post(ctx, s), 1);
}

uint32_t transfer(uint32_t type, uint32_t ctx, uint32_t id, uint32_t width, uint32_t height)
{
    const struct vgpu_transfer_3d t = {
        .header = header(type, ctx), .box = {0, 0, 0, width, height, 1}, .resource_id = id};

    return SEND(t);
}

static uint32_t pixel(unsigned x, unsigned y)
{
    uint32_t p;

    memcpy(&p, driver_memory + PICTURE_AT + (y * WIDTH + x) * 4, sizeof(p));
    return p;
}

static void read_back(uint32_t ctx)
{
    memset(driver_memory + PICTURE_AT, 0x5A, PICTURE_BYTES);
    expect("TRANSFER_FROM_HOST_3D",
           transfer(VGPU_CMD_TRANSFER_FROM_HOST_3D, ctx, PICTURE, WIDTH, HEIGHT), VGPU_OK_NODATA);
}

static void all_pixels(const char *what, uint32_t wanted)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            if (pixel(x, y) != wanted)
                errx(1, "%s: pixel %u, %u is %08x, not %08x", what, x, y, pixel(x, y), wanted);
}

const float red[4] = {1, 0, 0, 1}, blue[4] = {0, 0, 1, 1};

void set_up(struct stream *s)
{
    context(1);
    resource(PICTURE, 2, VGPU_FORMAT_B8G8R8A8, 2, WIDTH, HEIGHT, PICTURE_AT, PICTURE_BYTES);
    expect("CTX_ATTACH", attach(1, PICTURE), VGPU_OK_NODATA);
    stream_target(s, PICTURE, WIDTH, HEIGHT);
}

void clear_and_look(struct stream *s, const float colour[4], uint32_t wanted)
{
    stream_clear(s, colour);
    expect("SUBMIT_3D", submit(1, s), VGPU_OK_NODATA);
    s->count = 0;
    read_back(1);
    all_pixels("clear", wanted);
}

static void give_vertices(void)
{
    static const float corners[12] = {-1, -1, 0, 1, 1, -1, 0, 1, -1, 1, 0, 1};

    resource(VERTICES, 0, 64, 16, sizeof(corners), 1, VERTICES_AT, sizeof(corners));
    expect("CTX_ATTACH", attach(1, VERTICES), VGPU_OK_NODATA);
    memcpy(driver_memory + VERTICES_AT, corners, sizeof(corners));
    expect("TRANSFER_TO_HOST_3D",
           transfer(VGPU_CMD_TRANSFER_TO_HOST_3D, 1, VERTICES, sizeof(corners), 1), VGPU_OK_NODATA);
}

static void draw(void)
{
    static struct stream s;
    unsigned green = 0, blues = 0;

    set_up(&s);
    clear_and_look(&s, red, RED);
    printf("gpu: clear, %u pixels as wanted\n", WIDTH * HEIGHT);
    give_vertices();
    stream_clear(&s, blue);
    stream_pipeline(&s);
    stream_triangle(&s, VERTICES);
    expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    read_back(1);
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
        green += pixel(i % WIDTH, i / WIDTH) == GREEN;
        blues += pixel(i % WIDTH, i / WIDTH) == BLUE;
    }
    /* Half of the picture, but for the pixels on the edge. */
    if (green + blues != WIDTH * HEIGHT || green < 900 || blues < 900 ||
        pixel(1, HEIGHT / 2) != GREEN || pixel(WIDTH - 2, HEIGHT / 2) != BLUE)
        errx(1, "triangle: %u green, %u blue of %u", green, blues, WIDTH * HEIGHT);
    printf("gpu: triangle, %u green and %u blue pixels\n", green, blues);
}

static void share(void)
{
    static struct stream s, other;

    set_up(&s);
    clear_and_look(&s, red, RED);
    context(2);
    stream_target(&other, PICTURE, WIDTH, HEIGHT);
    stream_clear(&other, blue);
    expect("a foreign handle", submit(2, &other), VGPU_ERR_INVALID_RESOURCE_ID);
    read_back(1);
    all_pixels("after a foreign handle", RED);
    clear_and_look(&s, red, RED);
    printf("gpu: foreign handle refused, its owner goes on\n");
    expect("CTX_ATTACH", attach(2, PICTURE), VGPU_OK_NODATA);
    expect("SUBMIT_3D", submit(2, &other), VGPU_OK_NODATA); /* refused before, alive all the same */
    read_back(1);
    all_pixels("shared", BLUE);
    printf("gpu: shared picture drawn by another context\n");
}

/* More batches than may be in flight, of two contexts. */
static void order(void)
{
    static struct stream s, other;
    unsigned number[BATCHES];

    set_up(&s);
    clear_and_look(&s, red, RED);
    context(2);
    expect("CTX_ATTACH", attach(2, PICTURE), VGPU_OK_NODATA);
    stream_target(&other, PICTURE, WIDTH, HEIGHT);
    expect("SUBMIT_3D", submit(2, &other), VGPU_OK_NODATA);
    other.count = 0;
    stream_clear(&s, red);
    stream_clear(&other, blue);
    for (unsigned i = 0; i < BATCHES; i++)
        number[i] = post(1 + i % 2, i % 2 ? &other : &s);
    for (unsigned i = 0; i < BATCHES; i++)
        expect("SUBMIT_3D", driver_wait(number[i], 1), VGPU_OK_NODATA);
    read_back(1);
    all_pixels("the last batch", BLUE);
    printf("gpu: %u batches of two contexts in order\n", BATCHES);
}

/* A context that the physical GPU ends, and what its owner hears of it. */
static void lose(void)
{
    static struct stream s,
        bad = {{VIRGL_OP_BIND_OBJECT | VIRGL_TYPE_BLEND << 8 | 1u << 16, 4711}, 2};
    uint32_t answer = VGPU_OK_NODATA;
    unsigned ignored = 0;

    set_up(&s);
    clear_and_look(&s, red, RED);
    expect("an object that is not there", submit(1, &bad), VGPU_OK_NODATA);
    stream_clear(&s, blue);
    for (; answer == VGPU_OK_NODATA && ignored < 1000; ignored++) {
        answer = submit(1, &s);
        usleep(20000);
    }
    expect("a context that has been ended", answer, VGPU_ERR_INVALID_CONTEXT_ID);
    expect("its transfer", transfer(VGPU_CMD_TRANSFER_FROM_HOST_3D, 1, PICTURE, WIDTH, HEIGHT),
           VGPU_ERR_INVALID_CONTEXT_ID);
    context(2);
    expect("CTX_ATTACH", attach(2, PICTURE), VGPU_OK_NODATA);
    read_back(2);
    all_pixels("drawn by nobody", RED);
    s.count = 0;
    stream_target(&s, PICTURE, WIDTH, HEIGHT);
    stream_clear(&s, blue);
    expect("SUBMIT_3D", submit(2, &s), VGPU_OK_NODATA);
    read_back(2);
    all_pixels("another context", BLUE);
    printf("gpu: an ended context is told after %u batches, another one draws\n", ignored - 1);
}

static void frames(void)
{
    static struct stream s;

    set_up(&s);
    stream_clear(&s, red);
    expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    s.count = 0;
    stream_clear(&s, blue);
    for (unsigned i = 0; i < 100; i++)
        expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    printf("gpu: 100 frames\n");
    fflush(stdout);
    sleep(3); /* what there is of it can be looked at */
}

static void hostile_streams(void)
{
    static const struct {
        const char *what;
        uint32_t dwords[4], count, wanted;
    } bad[] = {
        {"an unknown opcode", {0xFE}, 1, VGPU_ERR_INVALID_PARAMETER},
        {"an unknown object", {0x1 | 99 << 8}, 1, VGPU_ERR_INVALID_PARAMETER},
        {"a command that is cut off", {7 | 8u << 16, 4}, 2, VGPU_ERR_INVALID_PARAMETER},
        {"a wrong length", {7 | 2u << 16, 4, 0}, 3, VGPU_ERR_INVALID_PARAMETER},
        {"a video codec", {0x35 | 2u << 16, 1, 1}, 3, VGPU_ERR_INVALID_PARAMETER},
        {"a handle of nothing", {6 | 3u << 16, 16, 0, 4711}, 4, VGPU_ERR_INVALID_RESOURCE_ID},
        {"a physical handle", {6 | 3u << 16, 16, 0, 1}, 4, VGPU_ERR_INVALID_RESOURCE_ID},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stream s = {.count = bad[i].count};

        memcpy(s.dword, bad[i].dwords, sizeof(bad[i].dwords));
        expect(bad[i].what, submit(1, &s), bad[i].wanted);
    }
}

static void hostile_commands(void)
{
    struct vgpu_submit_3d longer = {.header = header(VGPU_CMD_SUBMIT_3D, 1), .bytes = 4096};
    const struct vgpu_attach_backing outside = {
        .header = header(VGPU_CMD_RESOURCE_ATTACH_BACKING, 0), .resource_id = 20, .nr_entries = 1};
    const struct vgpu_mem_entry nowhere = {1, 1 << 20, 0};
    unsigned refused = 0;

    for (uint32_t type = 0x0F0; type < 0x320; type++) {
        /* what is unknown, at full length; what is known, one byte too short */
        const struct vgpu_rule *rule = vgpu_rule(type);
        const size_t bytes = rule ? rule->bytes - 1 : VGPU_COMMAND_BYTES;
        uint8_t raw[VGPU_COMMAND_BYTES] = {0};
        struct vgpu_header h = header(type, 1);

        if (bytes < sizeof(h))
            h.flags = 0; /* no header, no fence */
        memcpy(raw, &h, sizeof(h));
        expect("a bad command", driver_call(raw, bytes, NULL, 0, NULL, 0), VGPU_ERR_UNSPEC);
        refused++;
    }
    expect("a stream that is not there", SEND(longer), VGPU_ERR_INVALID_PARAMETER);
    expect("no such context", attach(77, PICTURE), VGPU_ERR_INVALID_CONTEXT_ID);
    expect("no such resource", attach(1, 77), VGPU_ERR_INVALID_RESOURCE_ID);
    expect("a box outside", transfer(VGPU_CMD_TRANSFER_TO_HOST_3D, 1, PICTURE, WIDTH + 1, HEIGHT),
           VGPU_ERR_INVALID_PARAMETER);
    resource(20, 0, 64, 16, 1 << 20, 1, VERTICES_AT, 4096);
    expect("CTX_ATTACH", attach(1, 20), VGPU_OK_NODATA);
    expect("more than the backing", transfer(VGPU_CMD_TRANSFER_TO_HOST_3D, 1, 20, 1 << 20, 1),
           VGPU_ERR_INVALID_PARAMETER);
    {
        const struct vgpu_resource_command d = {
            .header = header(VGPU_CMD_RESOURCE_DETACH_BACKING, 0), .resource_id = 20};

        expect("DETACH_BACKING", SEND(d), VGPU_OK_NODATA);
    }
    expect("backing outside memory",
           driver_call(&outside, sizeof(outside), &nowhere, sizeof(nowhere), NULL, 0),
           VGPU_ERR_INVALID_PARAMETER);
    printf("gpu: %u bad commands refused\n", refused);
}

static void hostile(void)
{
    static struct stream s;

    set_up(&s);
    clear_and_look(&s, red, RED);
    hostile_streams();
    hostile_commands();
    for (uint32_t id = 2; id < 200; id++) {
        const struct vgpu_ctx_create c = {.header = header(VGPU_CMD_CTX_CREATE, id)};
        const uint32_t answer = SEND(c);

        if (answer == VGPU_ERR_OUT_OF_MEMORY) {
            printf("gpu: context %u is one too many\n", id);
            break;
        }
        expect("CTX_CREATE", answer, VGPU_OK_NODATA);
    }
    clear_and_look(&s, blue, BLUE);
    printf("gpu: hostile, and still drawing\n");
}

static void flush(uint32_t id)
{
    const struct vgpu_flush f = {.header = header(VGPU_CMD_RESOURCE_FLUSH, 0),
                                 .r = {0, 0, SCREEN_WIDTH, SCREEN_HEIGHT},
                                 .resource_id = id};

    expect("RESOURCE_FLUSH", SEND(f), VGPU_OK_NODATA);
}

/* A cursor that the GPU has drawn, blue, over whatever is shown. */
static void point(void)
{
    static struct stream s;
    const struct vgpu_cursor c = {.header.type = VGPU_CMD_UPDATE_CURSOR,
                                  .x = CURSOR_X,
                                  .y = CURSOR_Y,
                                  .resource_id = PICTURE + 20};

    context(3);
    resource(PICTURE + 20, 2, VGPU_FORMAT_B8G8R8A8, RENDERED_AND_SHOWN, CURSOR_SIDE, CURSOR_SIDE,
             PICTURE_AT + (12u << 20), CURSOR_SIDE * CURSOR_SIDE * 4);
    expect("CTX_ATTACH", attach(3, PICTURE + 20), VGPU_OK_NODATA);
    stream_target(&s, PICTURE + 20, CURSOR_SIDE, CURSOR_SIDE);
    stream_clear(&s, blue);
    expect("SUBMIT_3D", submit(3, &s), VGPU_OK_NODATA);
    expect("UPDATE_CURSOR", driver_cursor(&c), VGPU_OK_NODATA);
}

/* Two pictures in turn on scanout 0, as one who flips pages: green over blue, and red at last; and
 * a cursor. Stays until it is killed. */
static void show(void)
{
    static const float corners[12] = {-1, -1, 0, 1, 1, -1, 0, 1, -1, 1, 0, 1};
    static struct stream s[2];

    resource(VERTICES, 0, 64, 16, sizeof(corners), 1, VERTICES_AT, sizeof(corners));
    memcpy(driver_memory + VERTICES_AT, corners, sizeof(corners));
    for (uint32_t i = 0; i < 2; i++) {
        context(1 + i);
        resource(PICTURE + 10 + i, 2, VGPU_FORMAT_B8G8R8X8, RENDERED_AND_SHOWN, SCREEN_WIDTH,
                 SCREEN_HEIGHT, PICTURE_AT + (4 + 4 * i) * (1 << 20),
                 SCREEN_WIDTH * SCREEN_HEIGHT * 4);
        expect("CTX_ATTACH", attach(1 + i, PICTURE + 10 + i), VGPU_OK_NODATA);
        expect("CTX_ATTACH", attach(1 + i, VERTICES), VGPU_OK_NODATA);
        stream_target(&s[i], PICTURE + 10 + i, SCREEN_WIDTH, SCREEN_HEIGHT);
        stream_pipeline(&s[i]);
    }
    expect("TRANSFER_TO_HOST_3D",
           transfer(VGPU_CMD_TRANSFER_TO_HOST_3D, 1, VERTICES, sizeof(corners), 1), VGPU_OK_NODATA);
    for (uint32_t frame = 0; frame < 40; frame++) {
        const uint32_t i = frame % 2;
        const struct vgpu_set_scanout c = {.header = header(VGPU_CMD_SET_SCANOUT, 0),
                                           .r = {0, 0, SCREEN_WIDTH, SCREEN_HEIGHT},
                                           .resource_id = PICTURE + 10 + i};

        stream_clear(&s[i], frame == 39 ? red : blue);
        stream_triangle(&s[i], VERTICES);
        expect("SUBMIT_3D", submit(1 + i, &s[i]), VGPU_OK_NODATA);
        s[i].count = 0;
        expect("SET_SCANOUT", SEND(c), VGPU_OK_NODATA);
        flush(PICTURE + 10 + i);
        usleep(16000);
    }
    point();
    printf("gpu: 40 frames shown\n");
    fflush(stdout);
    pause();
}

/* In the middle of everything. */
static void die(void)
{
    static struct stream s;

    set_up(&s);
    stream_clear(&s, red);
    expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    s.count = 0;
    stream_clear(&s, blue);
    for (unsigned i = 0; i < BATCHES; i++)
        (void)post(1, &s);
    fflush(stdout);
    raise(SIGKILL);
}

/* So many frames of so many draws each, one after the other. */
static void drawn(void)
{
    static struct stream s;

    set_up(&s);
    give_vertices();
    stream_pipeline(&s);
    expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    for (unsigned long i = 0; i < many_frames; i++) {
        s.count = 0;
        stream_clear(&s, blue);
        for (unsigned long n = 0; n < many_draws; n++)
            stream_draw(&s, VERTICES, n % 2 == 0);
        expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    }
    read_back(1);
    if (pixel(WIDTH - 2, HEIGHT / 2) != BLUE || pixel(1, HEIGHT / 2) != GREEN)
        errx(1, "the last frame is not what was drawn");
    printf("gpu: %lu frames of %lu draws\n", many_frames, many_draws);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*play)(void);
    } plays[] = {{"draw", draw}, {"share", share},   {"order", order}, {"hostile", hostile},
                 {"lose", lose}, {"frames", frames}, {"show", show},   {"die", die}};
    const unsigned first = argc > 3 ? (unsigned)atoi(argv[3]) : 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2)
        driver_start(argv[1]);
    for (unsigned i = 0; argc == 3 && i < sizeof(plays) / sizeof(plays[0]); i++) {
        if (strcmp(argv[2], plays[i].name))
            continue;
        plays[i].play();
        driver_stop();
        return 0;
    }
    if (argc == 5 && !strcmp(argv[2], "drawn")) {
        many_frames = first;
        many_draws = strtoul(argv[4], NULL, 10);
        drawn();
    } else if (argc == 5 && !strcmp(argv[2], "saturate")) {
        saturate(first, (unsigned)atoi(argv[4]));
    } else if (argc == 4 && !strcmp(argv[2], "close")) {
        close_again(argv[1], first);
    } else if (argc == 4 && !strcmp(argv[2], "reset")) {
        reset_again(first);
    } else if (argc == 4 && !strcmp(argv[2], "paint")) {
        paint(first);
    } else if (argc == 4 && !strcmp(argv[2], "peep")) {
        peep(first);
    } else {
        fprintf(stderr, "gvt-client: see client.c\n");
        return 2;
    }
    driver_stop();
    return 0;
}
