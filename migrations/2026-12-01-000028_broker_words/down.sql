drop table broker_words;
