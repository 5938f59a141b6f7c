/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns cameras, light and shaders of the 3D views. */
#include "scene.h"

#include <GLES3/gl3.h>
#include <cglm/cglm.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "binnacle/vehicle.h"
#include "mesh.h"
#include "shader.h"
#include "town.h"

#define CAR_SCALE 3.6f /* the car on the map, times a car's size there: a mark, not a measure */
#define SEEN      6    /* cells around the car */
#define NEAR      12.0f
#define FAR       900.0f
#define NAMED     430.0f /* names of what is nearer */
#define BEHIND    118.0f
#define ABOVE     92.0f
#define AHEAD     84.0f
#define FOV       0.72f
#define CAR_FOV   0.30f

struct buffers {
    GLuint array, vertex, index;
    GLsizei indices;
};

struct scene {
    GLuint program;
    GLint camera, model, eye, lamp, fog, fog_colour;
    struct buffers town, car;
    struct town_mesh *plan; /* its indices' places */
};

static const char vertex_shader[] =
    "#version 300 es\n"
    "layout(location = 0) in vec3 at;\n"
    "layout(location = 1) in vec3 normal;\n"
    "layout(location = 2) in float material;\n"
    "layout(location = 3) in vec4 colour;\n"
    "uniform mat4 camera, model;\n"
    "uniform float lamp[8];\n" /* MATERIALS */
    "out vec3 world, n;\n"
    "out vec4 c;\n"
    "flat out float shine, glow;\n"
    "void main() {\n"
    "    vec4 w = model * vec4(at, 1.0);\n"
    "    world = w.xyz;\n"
    "    n = mat3(model) * normal;\n"
    "    c = colour;\n"
    "    shine = material == 1.0 ? 0.55 : material == 2.0 ? 0.8 : 0.0;\n"
    "    glow = material > 2.5 ? lamp[int(material + 0.5)] : -1.0;\n"
    "    gl_Position = camera * w;\n"
    "}\n";

static const char fragment_shader[] =
    "#version 300 es\n"
    "precision highp float;\n"
    "in vec3 world, n;\n"
    "in vec4 c;\n"
    "flat in float shine, glow;\n"
    "uniform vec3 eye, fog_colour;\n"
    "uniform vec2 fog;\n" /* from, to */
    "out vec4 result;\n"
    "void main() {\n"
    "    vec3 light = normalize(vec3(-0.35, -0.45, 0.82));\n"
    "    vec3 away = eye - world;\n"
    "    float far = length(away);\n"
    "    vec3 u = length(n) > 0.0 ? normalize(n) : vec3(0.0, 0.0, 1.0);\n"
    "    float lit = 0.42 + 0.71 * max(dot(u, light), 0.0);\n"
    "    float s = pow(max(dot(u, normalize(light + away / far)), 0.0), 36.0);\n"
    "    float edge = pow(1.0 - max(dot(u, away / far), 0.0), 3.0);\n"
    "    vec3 shown = c.rgb * lit + shine * (s * vec3(0.75) + edge * vec3(0.16, 0.22, 0.30));\n"
    "    if (glow >= 0.0)\n"
    "        shown = c.rgb * (0.3 + glow);\n"
    "    shown = mix(shown, fog_colour, smoothstep(fog.x, fog.y, far));\n"
    "    result = vec4(shown * c.a, c.a);\n"
    "}\n";

static void upload(struct buffers *b, const struct mesh *m)
{
    const GLsizei stride = sizeof(struct mesh_vertex);
    const struct {
        GLint parts;
        GLenum type;
        GLboolean scaled;
        size_t at;
    } field[] = {{3, GL_FLOAT, GL_FALSE, offsetof(struct mesh_vertex, at)},
                 {3, GL_BYTE, GL_TRUE, offsetof(struct mesh_vertex, normal)},
                 {1, GL_UNSIGNED_BYTE, GL_FALSE, offsetof(struct mesh_vertex, material)},
                 {4, GL_UNSIGNED_BYTE, GL_TRUE, offsetof(struct mesh_vertex, colour)}};

    glGenVertexArrays(1, &b->array);
    glBindVertexArray(b->array);
    glGenBuffers(1, &b->vertex);
    glBindBuffer(GL_ARRAY_BUFFER, b->vertex);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(m->vertices * sizeof(*m->vertex)), m->vertex,
                 GL_STATIC_DRAW);
    glGenBuffers(1, &b->index);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, b->index);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(m->indices * sizeof(*m->index)), m->index,
                 GL_STATIC_DRAW);
    for (GLuint i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
        glEnableVertexAttribArray(i);
        glVertexAttribPointer(i, field[i].parts, field[i].type, field[i].scaled, stride,
                              (const void *)field[i].at); /* NOLINT: GL takes offsets so */
    }
    glBindVertexArray(0);
    b->indices = (GLsizei)m->indices;
}

static void drop(struct buffers *b)
{
    glDeleteVertexArrays(1, &b->array);
    glDeleteBuffers(1, &b->vertex);
    glDeleteBuffers(1, &b->index);
}

int scene_create(struct scene **out, const struct map *map)
{
    struct scene *s = calloc(1, sizeof(*s));
    struct mesh car = {0};
    int rc = -ENOMEM;

    *out = NULL;
    if (!s)
        return -ENOMEM;
    s->plan = calloc(1, sizeof(*s->plan));
    if (s->plan && town_mesh_build(s->plan, map) && car_mesh_build(&car)) {
        rc = shader_program(&s->program, vertex_shader, fragment_shader);
    }
    if (rc == 0) {
        upload(&s->town, &s->plan->mesh);
        upload(&s->car, &car);
        mesh_free(&s->plan->mesh);
        s->camera = glGetUniformLocation(s->program, "camera");
        s->model = glGetUniformLocation(s->program, "model");
        s->eye = glGetUniformLocation(s->program, "eye");
        s->lamp = glGetUniformLocation(s->program, "lamp");
        s->fog = glGetUniformLocation(s->program, "fog");
        s->fog_colour = glGetUniformLocation(s->program, "fog_colour");
        *out = s;
    }
    mesh_free(&car);
    if (rc)
        scene_destroy(s);
    return rc;
}

void scene_destroy(struct scene *s)
{
    if (!s)
        return;
    drop(&s->town);
    drop(&s->car);
    glDeleteProgram(s->program);
    if (s->plan)
        mesh_free(&s->plan->mesh);
    free(s->plan);
    free(s);
}

/* The view's camera for the town. */
static void look(const struct scene_view *v, struct map_place car, vec3 eye, mat4 camera)
{
    const float x = (float)car.x, y = (float)-car.y;
    const float east = (float)cos(car.heading), north = (float)-sin(car.heading);
    mat4 lens, view;

    glm_vec3_copy((vec3){x - east * BEHIND, y - north * BEHIND, ABOVE}, eye);
    glm_lookat(eye, (vec3){x + east * AHEAD, y + north * AHEAD, 0}, (vec3){0, 0, 1}, view);
    glm_perspective(FOV, (float)v->width / (float)v->height, NEAR, FAR, lens);
    glm_mat4_mul(lens, view, camera);
}

bool scene_project(const struct scene_view *v, struct map_place car, double x, double y,
                   double *to_x, double *to_y)
{
    vec4 at = {(float)x, (float)-y, 0, 1};
    vec3 eye;
    mat4 camera;

    look(v, car, eye, camera);
    glm_mat4_mulv(camera, at, at);
    if (at[3] < NEAR || at[3] > NAMED)
        return false;
    *to_x = v->x + (at[0] / at[3] * 0.5 + 0.5) * v->width;
    *to_y = v->y + (0.5 - at[1] / at[3] * 0.5) * v->height;
    return *to_x >= v->x && *to_x < v->x + v->width && *to_y >= v->y && *to_y < v->y + v->height;
}

/* Clears the view and sets what its shaders have in common. */
static void begin(struct scene *s, const struct scene_view *v, struct colour back, mat4 camera,
                  vec3 eye, float fog_from, float fog_to)
{
    const GLint bottom = v->picture_height - v->y - v->height;

    glViewport(v->x, bottom, v->width, v->height);
    glScissor(v->x, bottom, v->width, v->height);
    glEnable(GL_SCISSOR_TEST);
    glEnable(GL_DEPTH_TEST);
    glDepthFunc(GL_LEQUAL);
    glEnable(GL_CULL_FACE);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glClearColor((float)back.r, (float)back.g, (float)back.b, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glUseProgram(s->program);
    glUniformMatrix4fv(s->camera, 1, GL_FALSE, camera[0]);
    glUniform3fv(s->eye, 1, eye);
    glUniform2f(s->fog, fog_from, fog_to);
    glUniform3f(s->fog_colour, (float)back.r, (float)back.g, (float)back.b);
}

static void draw_car(struct scene *s, mat4 model, unsigned telltales)
{
    const float on = 0.9f, dim = 0;
    const bool left = telltales >> BN_TELLTALE_TURN_LEFT & 1;
    const bool right = telltales >> BN_TELLTALE_TURN_RIGHT & 1;
    const float lamp[MATERIALS] = {
        [LAMP_HEAD] = 0.6f,
        [LAMP_HIGH] = telltales >> BN_TELLTALE_HIGH_BEAM & 1 ? on : dim,
        [LAMP_TAIL] = 0.5f,
        [LAMP_LEFT] = left ? on : dim,
        [LAMP_RIGHT] = right ? on : dim,
    };

    glUniformMatrix4fv(s->model, 1, GL_FALSE, model[0]);
    glUniform1fv(s->lamp, MATERIALS, lamp);
    glBindVertexArray(s->car.array);
    glDrawElements(GL_TRIANGLES, s->car.indices, GL_UNSIGNED_INT, NULL);
    glBindVertexArray(0);
}

static int within(int v, int max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

/* The cells around the car, a call a row of them. */
static void draw_cells(const struct scene *s, struct map_place car)
{
    const int i = (int)floor(car.x / TOWN_CELL) + 1, j = (int)floor(car.y / TOWN_CELL) + 1;
    const int from = within(i - SEEN, TOWN_MESH_SIDE), to = within(i + SEEN + 1, TOWN_MESH_SIDE);

    for (int row = within(j - SEEN, TOWN_MESH_SIDE); row < within(j + SEEN + 1, TOWN_MESH_SIDE);
         row++) {
        const size_t first = s->plan->first[row][from];

        glDrawElements(GL_TRIANGLES, (GLsizei)(s->plan->first[row][to] - first), GL_UNSIGNED_INT,
                       (const void *)(first * sizeof(uint32_t))); /* NOLINT: an offset */
    }
    glDrawElements(GL_TRIANGLES, (GLsizei)s->plan->everywhere_count, GL_UNSIGNED_INT,
                   (const void *)(s->plan->everywhere * sizeof(uint32_t))); /* NOLINT */
}

void scene_town(struct scene *s, const struct scene_view *v, struct map_place car)
{
    mat4 camera, model = GLM_MAT4_IDENTITY_INIT;
    vec3 eye;

    look(v, car, eye, camera);
    begin(s, v, town_land, camera, eye, 260, 560);
    glUniformMatrix4fv(s->model, 1, GL_FALSE, model[0]);
    glBindVertexArray(s->town.array);
    draw_cells(s, car);
    glm_translate(model, (vec3){(float)car.x, (float)-car.y, 2.4f});
    glm_rotate(model, (float)-car.heading, (vec3){0, 0, 1});
    glm_scale_uni(model, CAR_SCALE);
    draw_car(s, model, 0);
}

void scene_car(struct scene *s, const struct scene_view *v, double yaw, unsigned telltales)
{
    const struct colour back = RGB(0x141B23);
    mat4 lens, view, camera, model = GLM_MAT4_IDENTITY_INIT;
    vec3 eye = {0, -9.2f, 2.9f};

    glm_lookat(eye, (vec3){0, 0, 0.55f}, (vec3){0, 0, 1}, view);
    glm_perspective(CAR_FOV, (float)v->width / (float)v->height, 1, 40, lens);
    glm_mat4_mul(lens, view, camera);
    begin(s, v, back, camera, eye, 30, 40);
    glm_rotate(model, (float)yaw, (vec3){0, 0, 1});
    draw_car(s, model, telltales);
}
