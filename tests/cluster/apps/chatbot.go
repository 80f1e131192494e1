package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"
)

// chatbot answers questions of citizens from a short list of topics. It understands nothing: it looks for words, and
// says so when none fits. A conversation is counted once, with its first message.
type chatbot struct {
	store *store
	mutex sync.Mutex
	state struct {
		Count         int
		Conversations map[string]*conversation
	}
}

type conversation struct {
	ID       string    `json:"id"`
	Messages []message `json:"messages"`
}

type message struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Memory stays bounded: older conversations are forgotten, their count is not.
const keptConversations = 200

const longestMessage = 2000

var topics = []struct{ word, answer string }{
	{"ausweis", "Einen Personalausweis beantragen Sie persönlich im Bürgerbüro. Bitte bringen Sie ein Lichtbild und den alten Ausweis mit."},
	{"melde", "Die Wohnsitzanmeldung geht innerhalb von zwei Wochen nach dem Einzug, mit der Wohnungsgeberbestätigung."},
	{"müll", "Die Abfuhrtermine stehen im Abfallkalender Ihrer Gemeinde."},
	{"öffnung", "Das Bürgerbüro ist montags bis freitags von 8 bis 12 Uhr geöffnet."},
	{"hund", "Hunde melden Sie bei der Steuerabteilung an, innerhalb von zwei Wochen."},
}

func newChatbot(s *store) *chatbot {
	bot := &chatbot{store: s}
	if err := s.load("chatbot", &bot.state); err != nil || bot.state.Conversations == nil {
		bot.state.Conversations = map[string]*conversation{}
	}
	return bot
}

func (c *chatbot) metric() metric {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return metric{"wolkenamt_conversations_total", "counter", "Conversations that were begun.", c.state.Count}
}

func (c *chatbot) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.page(w, r.URL.Query().Get("id")) })
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		talk, status, problem := c.say(r.FormValue("id"), r.FormValue("text"))
		if problem != "" {
			http.Error(w, problem, status)
			return
		}
		http.Redirect(w, r, "/?id="+talk.ID, http.StatusSeeOther)
	})
	mux.HandleFunc("POST /api/conversations", func(w http.ResponseWriter, r *http.Request) { c.api(w, r, "") })
	mux.HandleFunc("POST /api/conversations/{id}", func(w http.ResponseWriter, r *http.Request) { c.api(w, r, r.PathValue("id")) })
}

func (c *chatbot) api(w http.ResponseWriter, r *http.Request, id string) {
	var body struct{ Text string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&body); err != nil {
		http.Error(w, `the body must be {"text": "…"}`, http.StatusBadRequest)
		return
	}
	talk, status, problem := c.say(id, body.Text)
	if problem != "" {
		http.Error(w, problem, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(talk); err != nil {
		log.Printf("an answer was not delivered: %v", err)
	}
}

// say adds a message and its answer; an empty id begins a conversation. The problem is empty when all went well.
func (c *chatbot) say(id, text string) (talk conversation, status int, problem string) {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > longestMessage {
		return talk, http.StatusUnprocessableEntity, fmt.Sprintf("Bitte schreiben Sie eine Nachricht mit höchstens %d Zeichen.", longestMessage)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	known := c.state.Conversations[id]
	if known == nil && id != "" {
		return talk, http.StatusNotFound, "Dieses Gespräch gibt es nicht (mehr)."
	}
	if known == nil {
		known = &conversation{ID: token()}
		c.forgetOne()
		c.state.Conversations[known.ID] = known
		c.state.Count++
	}
	known.Messages = append(known.Messages, message{"Sie", text}, message{"Assistenz", answerTo(text)})
	if err := c.store.save("chatbot", c.state); err != nil {
		log.Printf("the conversation was not saved: %v", err)
		return talk, http.StatusInternalServerError, "Das Gespräch konnte nicht gespeichert werden."
	}
	return conversation{known.ID, append([]message(nil), known.Messages...)}, http.StatusOK, ""
}

func (c *chatbot) forgetOne() {
	for id := range c.state.Conversations {
		if len(c.state.Conversations) < keptConversations {
			return
		}
		delete(c.state.Conversations, id)
	}
}

func answerTo(text string) string {
	lower := strings.ToLower(text)
	for _, topic := range topics {
		if strings.Contains(lower, topic.word) {
			return topic.answer
		}
	}
	return "Dazu weiß ich nichts. Fragen Sie mich nach Ausweis, Meldewesen, Müll, Öffnungszeiten oder Hundesteuer."
}

func (c *chatbot) page(w http.ResponseWriter, id string) {
	c.mutex.Lock()
	var talk conversation
	if known := c.state.Conversations[id]; known != nil {
		talk = conversation{known.ID, append([]message(nil), known.Messages...)}
	}
	c.mutex.Unlock()
	show(w, "chatbot", talk)
}
