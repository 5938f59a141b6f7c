/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program itself, sandbox and all, with a vhost-user front end that finds it again as our
 * device model does: killed with SIGKILL while it plays and records, many times, it gives back
 * every buffer once and in order, and does not grow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service.h"
#include "stage.h"
#include "vhost/frontend.h"

#define PERIOD  1920u /* 10 ms */
#define PERIODS 8u
#define DEATHS  12u

static struct stage guest; /* its memory and rings */
static int memory_fd, kick[VSND_QUEUES], call[VSND_QUEUES];
static struct vhf front;
static char folder[64], socket_path[96], state_path[96];
static pid_t child;

static void pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static char link_path[96];
static bool linked; /* to a sound service */

static void start_process(void)
{
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (linked)
            (void)execl(AUDIO_PROGRAM, "binnacle-audio", "--socket-path", socket_path, "--playback",
                        "2", "--capture", "1", "--link", link_path, "--state", state_path, NULL);
        (void)execl(AUDIO_PROGRAM, "binnacle-audio", "--socket-path", socket_path, "--playback",
                    "2", "--capture", "1", "--backend", "null", "--loopback", "--state", state_path,
                    NULL);
        _exit(127);
    }
}

static void kill_process(void)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) &&
                WTERMSIG(status) == SIGKILL); /* it had not ended by itself */
    vhf_finish(&front);
}

/* As service-vm/dm/vhost_device.c does it. */
static void connect_to_it(void)
{
    const struct vhf_memory memory = {{STAGE_GPA, STAGE_MEMORY, (uintptr_t)guest.memory, 0},
                                      memory_fd};
    int rc = -ENOENT;

    for (unsigned i = 0; i < 2000 && (rc == -ENOENT || rc == -ECONNREFUSED); i++) {
        rc = vhf_connect(&front, socket_path, 20000);
        if (rc < 0)
            pause_ms(5);
    }
    assert_int_equal(rc, 0);
    assert_true(front.features & VSND_F_CTLS);
    assert_int_equal(vhf_set_features(&front, VIRTIO_F_VERSION_1 | VSND_F_CTLS), 0);
    assert_int_equal(vhf_set_memory(&front, &memory, 1), 0);
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        const struct stage_queue *q = &guest.queue[i];
        const struct vhf_queue start = {.index = i,
                                        .size = STAGE_QUEUE,
                                        .desc = (uintptr_t)q->desc,
                                        .avail = (uintptr_t)q->avail,
                                        .used = (uintptr_t)q->used,
                                        .base = q->used->idx,
                                        .kick_fd = kick[i],
                                        .call_fd = call[i],
                                        .err_fd = -1};

        assert_int_equal(vhf_start_queue(&front, &start), 0);
    }
}

static void notify(unsigned queue)
{
    const uint64_t one = 1;

    assert_int_equal(write(kick[queue], &one, sizeof(one)), sizeof(one));
}

static int wait_back(unsigned queue)
{
    int chain = -1;

    for (unsigned i = 0; i < 20000 && chain < 0; i++) {
        chain = stage_back(&guest, queue, NULL);
        if (chain < 0)
            pause_ms(1);
    }
    assert_true(chain >= 0);
    return chain;
}

static void ask(const void *request, size_t bytes)
{
    const unsigned chain =
        stage_offer(&guest, VSND_QUEUE_CONTROL, request, (uint32_t)bytes, sizeof(uint32_t));
    uint32_t status;

    notify(VSND_QUEUE_CONTROL);
    assert_int_equal(wait_back(VSND_QUEUE_CONTROL), chain);
    memcpy(&status, stage_answer(&guest, VSND_QUEUE_CONTROL, chain), sizeof(status));
    assert_int_equal(status, VSND_S_OK);
}

static void command(uint32_t code, unsigned stream)
{
    const struct vsnd_item r = {code, stream};

    ask(&r, sizeof(r));
}

static unsigned descriptors(void)
{
    char path[64];
    unsigned n = 0;
    DIR *d;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)child);
    d = opendir(path);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static long status_of(const char *name)
{
    char path[64], line[256];
    long value = -1;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, name, strlen(name)))
            value = strtol(line + strlen(name), NULL, 10);
    (void)fclose(f);
    return value;
}

/* Buffers in flight in the order they were sent; what comes back is the oldest, and all right. */
struct order {
    unsigned queue, stream, chain[PERIODS], sent, back;
    uint32_t heard; /* frames of an rx stream that are not silence */
};

/* The frame at byte p is p / 4 + 1, as the sound service of the tests wants it. */
static void send_buffer(struct order *o)
{
    uint32_t pcm[PERIOD / 4];

    for (uint32_t i = 0; i < PERIOD / 4; i++)
        pcm[i] = o->sent * (PERIOD / 4) + i + 1;
    o->chain[o->sent++ % PERIODS] = o->queue == VSND_QUEUE_TX
                                        ? stage_play(&guest, o->stream, pcm, PERIOD)
                                        : stage_record(&guest, o->stream, PERIOD);
}

/* An rx buffer is the sound of its place in the stream, or silence. */
static void listen_to(struct order *o, unsigned chain)
{
    uint32_t pcm[PERIOD / 4];

    memcpy(pcm, stage_answer(&guest, o->queue, chain), PERIOD);
    for (uint32_t i = 0; i < PERIOD / 4; i++) {
        if (pcm[i])
            assert_int_equal(pcm[i], o->back * (PERIOD / 4) + i + 1);
        o->heard += pcm[i] != 0;
    }
}

static void collect(struct order *o, unsigned orders)
{
    int chain;

    while ((chain = stage_back(&guest, o[0].queue, NULL)) >= 0) {
        struct order *of = o;

        while (of < o + orders && (unsigned)chain != of->chain[of->back % PERIODS])
            of++;
        assert_true(of < o + orders);
        assert_int_equal(stage_status(&guest, of->queue, (unsigned)chain,
                                      of->queue == VSND_QUEUE_RX ? PERIOD : 0)
                             .status,
                         VSND_S_OK);
        if (of->queue == VSND_QUEUE_RX && linked)
            listen_to(of, (unsigned)chain);
        of->chain[of->back++ % PERIODS] = ~0u;
        send_buffer(of);
    }
    notify(o[0].queue);
}

static void set_up_world(void)
{
    strcpy(folder, "/tmp/audio-process-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
    (void)snprintf(link_path, sizeof(link_path), "%s/link", folder);
    (void)snprintf(state_path, sizeof(state_path), "%s/state", folder);
    memory_fd = memfd_create("guest", MFD_CLOEXEC);
    assert_int_equal(ftruncate(memory_fd, STAGE_MEMORY), 0);
    guest.memory = mmap(NULL, STAGE_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    assert_ptr_not_equal(guest.memory, MAP_FAILED);
    stage_rings(&guest);
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        kick[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        call[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
}

static void take_down_world(void)
{
    char command_line[128];

    (void)snprintf(command_line, sizeof(command_line), "rm -rf %s", folder);
    assert_int_equal(system(command_line), 0);
    munmap(guest.memory, STAGE_MEMORY);
    memset(&guest, 0, sizeof(guest));
    close(memory_fd);
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        close(kick[i]);
        close(call[i]);
    }
}

static void start_streams(struct order tx[2], struct order *rx)
{
    for (unsigned i = 0; i < 3; i++) {
        const struct vsnd_pcm_set_params p = {
            VSND_R_PCM_SET_PARAMS, i, PERIOD * PERIODS, PERIOD, 0, 2, VSND_FMT_S16,
            VSND_RATE_48000,       0};

        ask(&p, sizeof(p));
        command(VSND_R_PCM_PREPARE, i);
        for (unsigned j = 0; j < PERIODS; j++)
            send_buffer(i < 2 ? &tx[i] : rx);
        notify(i < 2 ? VSND_QUEUE_TX : VSND_QUEUE_RX);
        command(VSND_R_PCM_START, i);
    }
}

static void test_killed_many_times_it_goes_on(void **state)
{
    struct order tx[2] = {{.queue = VSND_QUEUE_TX, .stream = 0},
                          {.queue = VSND_QUEUE_TX, .stream = 1}};
    struct order rx = {.queue = VSND_QUEUE_RX, .stream = 2};
    unsigned files = 0;
    long bytes = 0;

    (void)state;
    set_up_world();
    start_process();
    connect_to_it();
    assert_int_equal(status_of("Seccomp:"), 2);
    start_streams(tx, &rx);
    for (unsigned death = 0; death < DEATHS; death++) {
        const unsigned before[3] = {tx[0].back, tx[1].back, rx.back};

        for (unsigned i = 0; i < 8 + death % 5; i++) {
            pause_ms(7);
            collect(tx, 2);
            collect(&rx, 1);
        }
        kill_process();
        start_process();
        connect_to_it();
        for (unsigned i = 0; i < 3; i++) { /* it goes on by itself: no request is made again */
            const struct order *o = i < 2 ? &tx[i] : &rx;

            for (unsigned j = 0; j < 3000 && o->back <= before[i]; j++) {
                pause_ms(1);
                collect(tx, 2);
                collect(&rx, 1);
            }
            assert_true(o->back > before[i]);
        }
        if (death == 1) {
            files = descriptors();
            bytes = status_of("VmRSS:");
        }
    }
    assert_int_equal(descriptors(), files);
    assert_true(status_of("VmRSS:") < bytes + 1024);
    command(VSND_R_PCM_STOP, 0);
    command(VSND_R_PCM_RELEASE, 0);
    print_message("%u deaths: %u and %u tx buffers, %u rx buffers back, in order\n", DEATHS,
                  tx[0].back, tx[1].back, rx.back);
    kill_process();
    take_down_world();
}

/* Nobody of the three is spared but the guest: what is heard is what was sent, each frame once, and
 * what is recorded belongs where it is. */
static void test_device_and_sound_service_die_by_turns(void **state)
{
    struct order tx[2] = {{.queue = VSND_QUEUE_TX, .stream = 0},
                          {.queue = VSND_QUEUE_TX, .stream = 1}};
    struct order rx = {.queue = VSND_QUEUE_RX, .stream = 2};

    (void)state;
    linked = true;
    set_up_world();
    service_start(link_path, 2);
    start_process();
    connect_to_it();
    start_streams(tx, &rx);
    for (unsigned death = 0; death < DEATHS; death++) {
        const uint64_t taken = service_counts.taken;
        const uint32_t heard = rx.heard;

        for (unsigned i = 0;
             i < 3000 && (i < 15 || service_counts.taken < taken + 1000 || rx.heard < heard + 500);
             i++) {
            pause_ms(3);
            collect(tx, 2);
            collect(&rx, 1);
        }
        assert_true(service_counts.taken >= taken + 1000 && rx.heard >= heard + 500);
        if (death % 3 != 1) {
            kill_process();
            pause_ms(death % 4 * 10);
            start_process();
            connect_to_it();
        }
        if (death % 3 != 0) {
            const unsigned before = tx[0].back;

            service_stop();
            for (unsigned i = 0; i < 3000 && tx[0].back < before + 3; i++) { /* time goes on */
                pause_ms(3);
                collect(tx, 2);
                collect(&rx, 1);
            }
            assert_true(tx[0].back >= before + 3);
            service_start(link_path, 2);
        }
    }
    assert_int_equal(service_counts.wrong, 0);
    print_message("%u deaths: %llu frames played, %llu recorded, %u connections\n", DEATHS,
                  (unsigned long long)service_counts.taken, (unsigned long long)service_counts.put,
                  service_counts.connections);
    kill_process();
    service_stop();
    take_down_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_many_times_it_goes_on),
        cmocka_unit_test(test_device_and_sound_service_die_by_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
