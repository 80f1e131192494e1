package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"sync"
)

// lamps is a street lamp control: a list of lamps that can be switched. What is billed is how many lamps it holds.
type lamps struct {
	store *store
	mutex sync.Mutex
	state []lamp
}

type lamp struct {
	ID     int    `json:"id"`
	Street string `json:"street"`
	On     bool   `json:"on"`
}

// Invented streets.
var streets = []string{"Lindenallee", "Am Musterbach", "Rathausplatz", "Schulweg", "Hafenstraße", "Birkenring"}

const mostLamps = 100_000

func newLamps(s *store, wanted string) (*lamps, error) {
	control := &lamps{store: s}
	if err := s.load("lamps", &control.state); err == nil {
		return control, nil
	}
	count, err := strconv.Atoi(wanted)
	if err != nil || count < 0 || count > mostLamps {
		return nil, fmt.Errorf("LAMPS must be a number from 0 to %d, not %q", mostLamps, wanted)
	}
	for n := 1; n <= count; n++ {
		control.state = append(control.state, lamp{ID: n, Street: streets[n%len(streets)]})
	}
	return control, s.save("lamps", control.state)
}

func (l *lamps) metric() metric {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return metric{"wolkenamt_lamps", "gauge", "Lamps under control.", len(l.state)}
}

func (l *lamps) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, "lamps", l.list()) })
	mux.HandleFunc("POST /lamps/{id}/switch", func(w http.ResponseWriter, r *http.Request) {
		if _, status, problem := l.flip(r.PathValue("id")); problem != "" {
			http.Error(w, problem, status)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /api/lamps", func(w http.ResponseWriter, _ *http.Request) { answer(w, l.list()) })
	mux.HandleFunc("POST /api/lamps", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Street string }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&body); err != nil || body.Street == "" {
			http.Error(w, `the body must be {"street": "…"}`, http.StatusBadRequest)
			return
		}
		added, status, problem := l.add(body.Street)
		if problem != "" {
			http.Error(w, problem, status)
			return
		}
		answer(w, added)
	})
	mux.HandleFunc("POST /api/lamps/{id}/switch", func(w http.ResponseWriter, r *http.Request) {
		switched, status, problem := l.flip(r.PathValue("id"))
		if problem != "" {
			http.Error(w, problem, status)
			return
		}
		answer(w, switched)
	})
}

func (l *lamps) list() []lamp {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return append([]lamp{}, l.state...)
}

func (l *lamps) add(street string) (lamp, int, string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.state) >= mostLamps {
		return lamp{}, http.StatusUnprocessableEntity, "Mehr Lampen gehen nicht."
	}
	added := lamp{ID: len(l.state) + 1, Street: street}
	l.state = append(l.state, added)
	return added, http.StatusInternalServerError, l.save()
}

// flip switches one lamp; the problem is empty when all went well.
func (l *lamps) flip(id string) (lamp, int, string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	number, err := strconv.Atoi(id)
	if err != nil || number < 1 || number > len(l.state) {
		return lamp{}, http.StatusNotFound, "Diese Lampe gibt es nicht."
	}
	chosen := &l.state[number-1]
	chosen.On = !chosen.On
	return *chosen, http.StatusInternalServerError, l.save()
}

// save answers with a problem, or with nothing when all went well.
func (l *lamps) save() string {
	if err := l.store.save("lamps", l.state); err != nil {
		log.Printf("the lamps were not saved: %v", err)
		return "Der Zustand konnte nicht gespeichert werden."
	}
	return ""
}

func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(document); err != nil {
		log.Printf("an answer was not delivered: %v", err)
	}
}
