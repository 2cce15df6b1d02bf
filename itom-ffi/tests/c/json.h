/* Looks into JSON text as the library writes it, without blanks: enough for tests to compare one value
 * of a result, and not another of the same name deeper in it. */
#ifndef ITOM_TESTS_JSON_H
#define ITOM_TESTS_JSON_H

#include <stdlib.h>
#include <string.h>

/* Where the value ends that begins at `at`. */
static const char *json_end(const char *at) {
    int depth = 0;
    do {
        if (*at == '"') {
            for (at++; *at != '"' && *at != '\0'; at++) {
                at += *at == '\\' && at[1] != '\0';
            }
            at += *at == '"';
        } else if (*at == '{' || *at == '[') {
            depth++, at++;
        } else if (*at == '}' || *at == ']') {
            depth--, at++;
        } else if (depth == 0) {
            at += strcspn(at, ",]}");
        } else if (*at != '\0') {
            at++;
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

/* How many elements an array has. */
static size_t json_count(const char *array) {
    size_t count = 0;
    const char *at = array + 1;
    while (*at != ']' && *at != '\0') {
        at = json_end(at);
        at += *at == ',';
        count++;
    }
    return count;
}

/* The member of an object, or the element of an array, that one step of a path names; NULL if there
 * is none. */
static const char *json_step(const char *value, const char *step, size_t step_len) {
    size_t index = 0;
    const char *at = value + 1;
    if (*value != '{' && *value != '[') {
        return NULL;
    }
    while (*at != '}' && *at != ']' && *at != '\0') {
        int found;
        if (*value == '{') {
            const char *key_end = json_end(at);
            found = (size_t)(key_end - at) == step_len + 2 && memcmp(at + 1, step, step_len) == 0;
            at = key_end + 1;
        } else {
            found = strtoul(step, NULL, 10) == index++;
        }
        if (found) {
            return at;
        }
        at = json_end(at);
        at += *at == ',';
    }
    return NULL;
}

/* The value at a path such as "alerts.0.factor", the whole for ""; NULL if there is none. */
static const char *json_at(const char *text, const char *path) {
    while (text != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        text = json_step(text, path, length);
        path += length + (path[length] == '.');
    }
    return text;
}

#endif
