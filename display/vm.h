/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest VMs as Wayland clients: one socket each, and who comes in there is that VM, so that
 * nothing a client says can make it another. A VM that breaks a rule loses the client that broke it
 * and nothing else.
 */
#ifndef DISPLAY_VM_H
#define DISPLAY_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "display.h"
#include "inputport.h"
#include "monitor.h"

struct server;
struct wlr_surface;
struct scanout;

#define VM_MAX_CLIENTS  4
#define VM_MAX_SURFACES 32
#define VM_MAX_COMMITS  64 /* of one VM between two frames */

struct vm {
    struct server *server;
    unsigned index; /* in scenario.vm[] */
    bool open;
    int listener;
    struct wl_event_source *source;
    struct input_port input;
    unsigned clients, surfaces, commits;
    struct scanout *scanout[BN_MAX_SCANOUTS];     /* mapped toplevels */
    struct bn_scanout_size size[BN_MAX_SCANOUTS]; /* as planned */
    struct monitor monitor[BN_MAX_SCANOUTS];      /* as they are; of an open one */
    uint64_t thrown_out;                          /* clients that broke a rule */
    bool pictured;                                /* it has shown a picture */
};

/* Makes the sockets of every VM that has a layer; 0 or -errno. */
int vm_init_all(struct server *s) __attribute__((warn_unused_result));
void vm_finish_all(struct server *s);

/* VM of a client, NULL if it is none of ours. */
struct vm *vm_of_client(struct wl_client *client);

/* Surface that scanout of that VM shows, NULL: none. */
struct wlr_surface *vm_surface(struct server *s, unsigned vm, unsigned scanout);

/* Disconnects a client that broke a rule, saying which. */
void vm_throw_out(struct vm *vm, struct wl_client *client, const char *why);

/* Bits of the VMs that have shown a picture and show none on any of their screens. */
uint32_t vm_lost(const struct server *s);

/* A frame has passed: clients may send the next one. */
void vm_frame_done(struct server *s);

#endif
